import type { Command } from './command.ts';

/** Commands about weather and zombies, of which a simulator has none: they answer as the game does. */
export const worldCommands: readonly Command[] = [
  {
    names: ['chopper'],
    help: 'Sends a helicopter: chopper [start|stop]',
    run([what, ...more]) {
      if (more.length > 0) return undefined;
      if (what === undefined) return 'Chopper launched';
      if (what === 'start') return 'Chopper activated';
      return what === 'stop' ? 'Chopper deactivated' : undefined;
    },
  },
  { names: ['gunshot'], help: 'Lets a shot be heard: gunshot', run: bare('Gunshot fired') },
  { names: ['alarm'], help: 'Sounds an alarm where you stand, in the game: alarm', run: bare('Not in a room') },
  {
    names: ['startrain'],
    help: 'Starts rain: startrain [1-100]',
    run: amount(100, 'Rain started', 'Invalid intensity value'),
  },
  { names: ['stoprain'], help: 'Stops rain: stoprain', run: bare('Rain stopped') },
  {
    names: ['startstorm'],
    help: 'Starts a storm: startstorm [hours]',
    run: amount(10_000, 'Thunderstorm started', 'Invalid duration value'),
  },
  { names: ['stopweather'], help: 'Stops rain and storm: stopweather', run: bare('Weather stopped') },
  {
    names: ['removezombies'],
    help: 'Removes zombies: removezombies -remove true | -radius n -x x -y y -z z',
    run: (words) => (words.length === 0 || words.length % 2 === 1 ? undefined : 'Zombies removed.'),
  },
  {
    names: ['releasesafehouse'],
    help: 'Gives your safehouse up, in the game: releasesafehouse',
    run: bare('releasesafehouse can be executed only from the game'),
  },
];

function bare(answer: string): Command['run'] {
  return (words) => (words.length > 0 ? undefined : answer);
}

function amount(most: number, answer: string, complaint: string): Command['run'] {
  return ([wanted = '1', ...more]) => {
    if (more.length > 0) return undefined;
    return /^\d{1,5}$/.test(wanted) && Number(wanted) >= 1 && Number(wanted) <= most ? answer : complaint;
  };
}
