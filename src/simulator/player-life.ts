import type { Clock } from '../platform/clock.ts';
import type { LogFolder } from './log-folder.ts';
import type { Roster } from './roster.ts';

const names = [
  'mara',
  'Old Tom',
  'kentucky-jim',
  'Smith, J.',
  'lina_77',
  'ferreira',
  'NightNurse',
  'the welder',
  'boone',
  'Q',
  'hazel',
  'trapper john',
];
const sayings = [
  'anyone near the gas station',
  'need bandages',
  'horde on the highway',
  'brb',
  'who took my axe',
  'ok',
];

/** A name of letters outside ASCII, which the remote console of old builds cannot answer with. */
const unicodeName = 'Зомби 生存者';

const lifeMs = 1_000;
/** Of so many seconds one brings a change of players, and for each player one brings a word. */
const changeEvery = 60;
const talkEvery = 30;
const dieEvery = 600;

/**
 * Lets players live on a server until taken back: they come at once, walk about, chat and die, and now and then one
 * leaves while another comes, so that their number stays.
 */
export function startPlayerLife(
  { clock, roster, logs, random }: { clock: Clock; roster: Roster; logs: LogFolder; random: () => number },
  { count, unicode }: { count: number; unicode: boolean },
): () => void {
  let next = 0;
  const newName = (): string => {
    const index = next;
    next += 1;
    if (unicode && index === 0) return unicodeName;
    const round = Math.floor(index / names.length);
    return `${names[index % names.length] ?? ''}${round === 0 ? '' : ` ${round + 1}`}`;
  };
  for (let joined = 0; joined < count; joined += 1) roster.join(newName());
  if (count === 0) return () => undefined;
  return clock.every(lifeMs, () => {
    for (const player of roster.all()) {
      player.x += Math.floor(random() * 3) - 1;
      player.y += Math.floor(random() * 3) - 1;
      if (random() * talkEvery < 1) roster.say(player, sayings[Math.floor(random() * sayings.length)] ?? 'ok');
      if (random() * dieEvery < 1) roster.die(player);
      if (random() * talkEvery < 1) {
        logs.write('cmd', `${player.steamId} "${player.username}" vehicle.damageWindow @ ${player.x},${player.y},0`);
      }
    }
    // Who was kicked is replaced as well, one at a time.
    if (roster.all().length < count) roster.join(newName());
    else if (random() * changeEvery < 1) {
      const leaver = roster.all()[Math.floor(random() * count)];
      if (leaver) roster.leave(leaver, 'left');
      roster.join(newName());
    }
  });
}
