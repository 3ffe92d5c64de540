import type { Player } from '../roster.ts';
import { type Command, type CommandGame, operator } from './command.ts';

/** Commands about players who are online. What they would change in a world, a simulator has not got. */
export const playerCommands: readonly Command[] = [
  {
    names: ['players'],
    help: 'Lists who is online: players',
    run(words, { roster }) {
      if (words.length > 0) return undefined;
      const names = roster.all().map(({ username }) => `-${username}\n`);
      return `Players connected (${names.length}): \n${names.join('')}`;
    },
  },
  {
    names: ['kickuser', 'kick'],
    help: 'Throws a player out: kickuser "name" [-r "reason"]',
    run([username, ...rest], { roster, logs }) {
      const hasReason = rest.length === 2 && rest[0] === '-r';
      if (username === undefined || (rest.length > 0 && !hasReason)) return undefined;
      const player = roster.find(username);
      if (!player) return `User ${username} doesn't exist.`;
      roster.leave(player, 'kicked');
      logs.write('admin', `${operator} kicked user ${player.username}`);
      return `User ${player.username} kicked.`;
    },
  },
  {
    names: ['voiceban'],
    help: 'Mutes a player: voiceban "name" [-true|-false]',
    run: onOff((player, on) => `User ${player.username} voice is ${on ? 'banned' : 'unbanned'}.`),
  },
  {
    names: ['additem'],
    help: 'Gives a player things: additem "name" "Module.Item" [count]',
    run([username, item, count = '1', ...more], { roster, logs, dialect }) {
      const isCount = /^\d{1,9}$/.test(count) && Number(count) > 0 && (dialect.build === 41 || Number(count) <= 100);
      if (username === undefined || item === undefined || !isCount || more.length > 0) return undefined;
      const player = roster.find(username);
      if (!player) return `User ${username} not found.`;
      if (!/^\w+\.\w+$/.test(item)) return `Item ${item} doesn't exist.`;
      logs.write('admin', `${operator} added item ${item} in ${player.username}'s inventory`);
      return `Item ${item} Added in ${player.username}'s inventory.`;
    },
  },
  {
    names: ['addxp'],
    help: 'Gives a player experience: addxp "name" Perk=xp',
    run([username, gain, ...more], { roster }) {
      const [, perk, xp] = /^(\w+)=(\d{1,9})$/.exec(gain ?? '') ?? [];
      if (username === undefined || perk === undefined || more.length > 0) return undefined;
      const player = roster.find(username);
      return player ? `Added ${xp} ${perk} xp's to ${player.username}` : 'No such user';
    },
  },
  {
    names: ['addvehicle'],
    help: 'Puts a vehicle beside a player or at a place: addvehicle "Base.Script" "name"|x,y,z',
    run([script, where, ...more], { roster }) {
      if (script === undefined || where === undefined || more.length > 0) return undefined;
      if (!/^\w+\.\w+$/.test(script)) return `Unknown vehicle script "${script}"`;
      const [, z] = /^\d+,\d+,(\d+)$/.exec(where) ?? [];
      if (z !== undefined) return z === '0' ? 'Vehicle spawned' : 'Z coordinate must be 0 for now';
      return roster.find(where) ? 'Vehicle spawned' : `User "${where}" not found`;
    },
  },
  {
    names: ['godmod', 'godmode'],
    build: 41,
    help: 'Makes a player invincible: godmod "name" [-true|-false]',
    run: onOff((player, on) => `User ${player.username} is ${on ? 'now' : 'no more'} invincible.`),
  },
  {
    names: ['godmodplayer', 'godmodeplayer'],
    build: 42,
    help: 'Makes a player invincible: godmodplayer "name" [-true|-false]',
    run: onOff((player, on) => `User ${player.username} is ${on ? 'now' : 'no longer'} invincible.`),
  },
  {
    names: ['godmod', 'godmode'],
    build: 42,
    help: 'Makes yourself invincible, in the game: godmod [-true|-false]',
    run: () => undefined,
  },
  {
    names: ['invisible'],
    build: 41,
    help: 'Hides a player: invisible "name" [-true|-false]',
    run: onOff((player, on) => `User ${player.username} is ${on ? 'now' : 'no more'} invisible.`),
  },
  {
    names: ['invisibleplayer'],
    build: 42,
    help: 'Hides a player: invisibleplayer "name" [-true|-false]',
    run: onOff((player, on) => `User ${player.username} is ${on ? 'now' : 'no longer'} invisible.`),
  },
  {
    names: ['noclip'],
    help: 'Lets a player walk through walls: noclip "name" [-true|-false]',
    run: onOff((player, on) => `User ${player.username} ${on ? "won't" : 'will'} collide.`),
  },
  { names: ['teleport', 'tp'], build: 41, help: 'Brings a player to another: teleport "name" "to"', run: teleport },
  {
    names: ['teleportplayer', 'tpp'],
    build: 42,
    help: 'Brings a player to another: teleportplayer "name" "to"',
    run: teleport,
  },
  {
    names: ['teleportto', 'tpto'],
    help: 'Brings a player to a place: teleportto "name" x,y,z',
    run([username, place, ...more], { roster }) {
      const [, x, y] = /^(\d{1,6}),(\d{1,6}),\d{1,2}$/.exec(place ?? '') ?? [];
      if (username === undefined || x === undefined || y === undefined || more.length > 0) return undefined;
      const player = roster.find(username);
      if (!player) return `Can't find player ${username}`;
      player.x = Number(x);
      player.y = Number(y);
      return `${player.username} teleported to ${place} please wait two seconds to show the map around you.`;
    },
  },
  {
    names: ['createhorde'],
    help: 'Makes zombies around a player: createhorde count "name"',
    run([count, username, ...more], { roster, logs }) {
      if (count === undefined || !/^\d{1,4}$/.test(count) || more.length > 0) return undefined;
      if (username === undefined) return 'Specify a player to create the horde near to.';
      const player = roster.find(username);
      if (!player) return `User "${username}" not found`;
      logs.write('admin', `${operator} created a horde of ${count} zombies near ${player.username}`, 'IMPORTANT');
      return 'Horde spawned.';
    },
  },
  { names: ['lightning'], help: 'Strikes beside a player: lightning "name"', run: weatherAt('Lightning triggered') },
  { names: ['thunder'], help: 'Thunders over a player: thunder "name"', run: weatherAt('Thunder triggered') },
];

/** A command that turns something on or off for a player; on, unless `-false` is said. */
function onOff(answer: (player: Player, on: boolean) => string): Command['run'] {
  return ([username, mark = '-true', ...more], { roster }) => {
    if (username === undefined || !/^-(true|false)$/.test(mark) || more.length > 0) return undefined;
    const player = roster.find(username);
    return player ? answer(player, mark === '-true') : `User ${username} not found.`;
  };
}

function teleport([username, to, ...more]: readonly string[], { roster }: CommandGame): string | undefined {
  if (username === undefined || to === undefined || more.length > 0) return undefined;
  const [player, target] = [roster.find(username), roster.find(to)];
  if (!player || !target) return `Can't find player ${player ? to : username}`;
  player.x = target.x;
  player.y = target.y;
  return `teleported ${player.username} to ${target.username}`;
}

function weatherAt(answer: string): Command['run'] {
  return ([username, ...more], { roster }) => {
    if (more.length > 0) return undefined;
    if (username === undefined) return 'Pass a username';
    return roster.find(username) ? answer : `User ${username} not found.`;
  };
}
