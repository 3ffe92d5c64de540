import { type Argument, type GameCommand, player } from './command.ts';

const change = { effect: 'write', permission: 'server:console' } as const;
const harm = { effect: 'destroy', permission: 'server:console' } as const;
const option = (flag: string, kind: Argument['kind'], rest: Partial<Argument> = {}): Argument => ({
  name: flag.slice(1),
  kind,
  flag,
  ...rest,
});
const yesOrNo = { choices: ['true', 'false'], isOptional: true } as const;
const spot = [option('-x', 'number'), option('-y', 'number'), option('-z', 'number')];

/** Commands about the weather, zombies, animals and vehicles. */
export const worldCommands: readonly GameCommand[] = [
  {
    names: ['addvehicle'],
    args: [
      { name: 'vehicle', kind: 'word' },
      { name: 'where', kind: 'player-or-place' },
    ],
    help: 'Puts a vehicle such as Base.VanAmbulance beside a player or at a place',
    ...change,
    done: /^Vehicle spawned\.?$/,
  },
  {
    names: ['createhorde'],
    args: [{ name: 'count', kind: 'number', least: 1 }, player],
    help: 'Makes so many zombies near a player',
    ...harm,
    done: /^Horde spawned\.?$/,
  },
  {
    names: ['createhorde2'],
    args: [
      option('-count', 'number', { least: 1, most: 500 }),
      option('-radius', 'number', { least: 0 }),
      ...spot,
      option('-outfit', 'word', { isOptional: true }),
      option('-crawler', 'choice', yesOrNo),
      option('-isFallOnFront', 'choice', yesOrNo),
      option('-isFakeDead', 'choice', yesOrNo),
      option('-knockedDown', 'choice', yesOrNo),
      option('-health', 'number', { isOptional: true, least: 0 }),
    ],
    help: 'Makes so many zombies of a kind around a place, at most 500',
    ...harm,
    done: /^Horde spawned\.?$/,
  },
  {
    names: ['removezombies'],
    args: [
      ...[option('-radius', 'number', { least: 0 }), ...spot].map((one): Argument => ({ ...one, isOptional: true })),
      option('-reanimated', 'choice', yesOrNo),
      option('-remove', 'choice', yesOrNo),
      option('-clear', 'choice', yesOrNo),
    ],
    help: 'Removes zombies around a place, or all with -remove true',
    ...harm,
    done: /^Zombies removed\.?$/,
  },
  {
    names: ['remove'],
    build: '42',
    args: [{ name: 'what', kind: 'choice', choices: ['animals', 'zombies', 'corpses', 'vehicles'] }],
    help: 'Removes all animals, zombies, corpses or vehicles that are loaded',
    ...harm,
    done: /^(Animals|Zombies|Corpses|Vehicles) removed\.?$/,
  },
  {
    names: ['list'],
    build: '42',
    args: [{ name: 'what', kind: 'choice', choices: ['animals'] }],
    help: 'Lists the animals that are loaded',
    effect: 'read',
    permission: 'server:read',
    done: /^Server animals list:/,
  },
  {
    names: ['chopper'],
    args: [{ name: 'action', kind: 'choice', choices: ['start', 'stop'], isOptional: true }],
    help: 'Sends the helicopter, or stops it',
    ...change,
    done: /^Chopper (launched|activated|deactivated)\.?$/,
  },
  { names: ['gunshot'], args: [], help: 'Lets a shot be heard near a player', ...change, done: /^Gunshot fired\.?$/ },
  {
    names: ['alarm'],
    args: [],
    help: 'Sounds the alarm of the house you stand in',
    ...change,
    done: /^Alarm sounded\.?$/,
    isForPlayers: true,
  },
  {
    names: ['startrain'],
    args: [{ name: 'intensity', kind: 'number', isOptional: true, least: 1, most: 100 }],
    help: 'Starts rain, with a strength from 1 to 100',
    ...change,
    done: /^Rain started\.?$/,
  },
  { names: ['stoprain'], args: [], help: 'Stops the rain', ...change, done: /^Rain stopped\.?$/ },
  {
    names: ['startstorm'],
    args: [{ name: 'hours', kind: 'number', isOptional: true, least: 1 }],
    help: 'Starts a thunderstorm, for so many hours of the game',
    ...change,
    done: /^Thunderstorm started\.?$/,
  },
  { names: ['stopweather'], args: [], help: 'Stops rain and storm', ...change, done: /^Weather stopped\.?$/ },
  {
    names: ['setTimeSpeed', 'sts'],
    build: '42',
    args: [{ name: 'multiplier', kind: 'number', least: 0 }],
    help: 'Lets the time of the game run faster',
    ...change,
    done: /^Multiplier was set on the following value/,
  },
  {
    names: ['worldgen'],
    build: '42',
    args: [{ name: 'action', kind: 'choice', choices: ['start', 'recheck', 'stop', 'status'] }],
    help: 'Makes the map ahead of the players, or says how far it is',
    ...change,
  },
];
