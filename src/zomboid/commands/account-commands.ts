import { type Argument, type GameCommand, player, reason, state, steamId } from './command.ts';

const manage = { effect: 'write', permission: 'player:manage' } as const;
const shutOut = { effect: 'destroy', permission: 'player:manage' } as const;
const address: Argument = { name: 'address', kind: 'address' };
const password: Argument = { name: 'password', kind: 'secret' };
const levels41 = ['player', 'none', 'observer', 'gm', 'overseer', 'moderator', 'admin'];
const roles42 = ['banned', 'user', 'priority', 'observer', 'gm', 'moderator', 'admin'];
const leveled = /^User .* (is now \S.*|no longer has access level\.?)$/;

/** Commands about who may come in, and with which rights. */
export const accountCommands: readonly GameCommand[] = [
  {
    names: ['kickuser', 'kick'],
    args: [player, reason],
    help: 'Throws a player out, who may come back',
    ...manage,
    done: /^User .* kicked\.$/,
  },
  {
    names: ['banuser'],
    args: [player, { name: 'ip', kind: 'flag', flag: '-ip', isOptional: true }, reason],
    help: 'Bans an account, and its address with -ip where the server is without Steam',
    ...shutOut,
    done: /^User .* is now banned\.?$/,
  },
  { names: ['unbanuser'], args: [player], help: 'Lifts a ban', ...manage, done: /^User .* is now un-?banned\.?$/ },
  {
    names: ['banid'],
    args: [steamId],
    help: 'Bans a Steam account',
    ...shutOut,
    done: /^SteamID .* is now banned\.?$/,
  },
  {
    names: ['unbanid'],
    args: [steamId],
    help: 'Lifts the ban of a Steam account',
    ...manage,
    done: /^SteamID .* is now un-?banned\.?$/,
  },
  {
    names: ['banip'],
    build: '42',
    args: [address],
    help: 'Bans an address, where the server is without Steam',
    ...shutOut,
    done: /^IP .* is now banned\.?$/,
  },
  {
    names: ['unbanip'],
    build: '42',
    args: [address],
    help: 'Lifts the ban of an address',
    ...manage,
    done: /^IP .* is now un-?banned\.?$/,
  },
  {
    names: ['voiceban'],
    args: [player, state],
    help: 'Mutes the voice of a player, or gives it back with -false',
    ...manage,
    done: /^User .* voice is (un)?banned\.?$/,
  },
  {
    names: ['adduser'],
    build: '41',
    args: [player, password],
    help: 'Makes an account, which puts it on the whitelist',
    ...manage,
    done: /^User .* created with the password .*$/,
  },
  {
    names: ['adduser'],
    build: '42',
    args: [player, { ...password, isOptional: true }],
    help: 'Makes an account, which puts it on the whitelist',
    ...manage,
    done: /^User .* created with(out)? password.*$/,
  },
  {
    names: ['setpassword'],
    build: '42',
    args: [player, password],
    help: 'Sets the password of an account',
    ...manage,
    done: /^Your new password is /,
  },
  {
    names: ['removeuserfromwhitelist'],
    args: [player],
    help: 'Removes an account, and with it its place on the whitelist',
    ...shutOut,
    done: /^User .* removed from white ?list\.?$/,
  },
  {
    names: ['addsteamid'],
    build: '42',
    args: [steamId],
    help: 'Lets a Steam account in where only known ones may join',
    ...manage,
  },
  {
    names: ['removesteamid'],
    build: '42',
    args: [steamId],
    help: 'Takes a Steam account off the list of those that may join',
    ...shutOut,
  },
  {
    names: ['setaccesslevel'],
    build: '41',
    args: [player, { name: 'level', kind: 'access-level', choices: levels41 }],
    help: 'Sets what a player may do in the game',
    ...manage,
    done: leveled,
  },
  {
    names: ['setaccesslevel'],
    build: '42',
    args: [player, { name: 'level', kind: 'access-level', choices: roles42 }],
    help: 'Gives a player a role, one of the game’s or one of the server’s own',
    ...manage,
    done: leveled,
  },
  { names: ['grantadmin'], args: [player], help: 'Makes a player an admin', ...manage, done: leveled },
  { names: ['removeadmin'], args: [player], help: 'Takes the rights of an admin away', ...manage, done: leveled },
];
