import { accessLevels, roles } from '../accounts.ts';
import { type Command, type CommandGame, operator } from './command.ts';

const notListed = (username: string): string => `User "${username}" is not in the whitelist, use /adduser first`;

/** Commands about who may come in, and with which rights. */
export const accountCommands: readonly Command[] = [
  {
    names: ['adduser'],
    help: 'Makes an account: adduser "name" "password"',
    run([username, password, ...more], { accounts, dialect, logs }) {
      const isShort = password === undefined && dialect.build === 41;
      if (username === undefined || isShort || more.length > 0) return undefined;
      if (!/^[^\u0000-\u001f;\\/]{1,20}$/.test(username)) return `Invalid username "${username}"`;
      if (accounts.exists(username)) return 'A user with this name already exists';
      accounts.create(username);
      // The game writes the password out in both places.
      logs.write('admin', `${operator} created user ${username} with password ***`);
      if (dialect.build === 41) return `User ${username} created with the password ***`;
      return `User ${username} created ${password === undefined ? 'without' : 'with'} password`;
    },
  },
  {
    names: ['setpassword'],
    build: 42,
    help: 'Sets the password of an account: setpassword "name" "password"',
    run([username, password, ...more], { accounts }) {
      if (username === undefined || password === undefined || more.length > 0) return undefined;
      return accounts.exists(username) ? 'Your new password is ***' : notListed(username);
    },
  },
  {
    names: ['removeuserfromwhitelist'],
    help: 'Removes an account: removeuserfromwhitelist "name"',
    run([username, ...more], { accounts }) {
      if (username === undefined || more.length > 0) return undefined;
      accounts.remove(username);
      return `User ${username} removed from white list`;
    },
  },
  {
    names: ['setaccesslevel'],
    help: 'Sets what a player may do: setaccesslevel "name" "level"',
    run([username, level, ...more], game) {
      if (username === undefined || level === undefined || more.length > 0) return undefined;
      return setLevel(game, username, level);
    },
  },
  {
    names: ['grantadmin'],
    help: 'Makes a player an admin: grantadmin "name"',
    run: ([username, ...more], game) =>
      username === undefined || more.length > 0 ? undefined : setLevel(game, username, 'admin'),
  },
  {
    names: ['removeadmin'],
    help: 'Takes an admin’s rights away: removeadmin "name"',
    run: ([username, ...more], game) =>
      username === undefined || more.length > 0
        ? undefined
        : setLevel(game, username, game.dialect.build === 41 ? 'none' : 'user'),
  },
  {
    names: ['banuser'],
    help: 'Bans a player: banuser "name" [-ip] [-r "reason"]',
    run([username, ...rest], game) {
      if (username === undefined || !isBanTail(rest)) return undefined;
      if (rest.includes('-ip') && game.dialect.build === 42) return "Server is in Steam mode, you can't ban IP";
      return setBanned(game, username, true);
    },
  },
  {
    names: ['unbanuser'],
    help: 'Lifts a player’s ban: unbanuser "name"',
    run: ([username, ...more], game) =>
      username === undefined || more.length > 0 ? undefined : setBanned(game, username, false),
  },
  {
    names: ['banid'],
    help: 'Bans a Steam account: banid 76561198000000000',
    run: ([id, ...more], game) => (id === undefined || more.length > 0 ? undefined : setIdBanned(game, id, true)),
  },
  {
    names: ['unbanid'],
    help: 'Lifts the ban of a Steam account: unbanid 76561198000000000',
    run: ([id, ...more], game) => (id === undefined || more.length > 0 ? undefined : setIdBanned(game, id, false)),
  },
];

function setLevel({ accounts, dialect, logs }: CommandGame, username: string, wanted: string): string {
  const level = wanted.toLowerCase();
  const isNone = dialect.build === 41 && (level === 'none' || level === 'player');
  const known: readonly string[] = dialect.build === 41 ? accessLevels : roles;
  if (!isNone && !known.includes(level)) {
    return `Access Level '${wanted}' unknown, list of access level: ${known.join(', ')}`;
  }
  if (!accounts.exists(username)) return notListed(username);
  accounts.setLevel(username, isNone ? '' : level);
  logs.write('admin', `${operator} granted ${level} access level on ${username}`);
  return isNone ? `User ${username} no longer has access level` : `User ${username} is now ${level}`;
}

function setBanned({ accounts, dialect, logs, roster }: CommandGame, username: string, banned: boolean): string {
  if (!accounts.exists(username)) return notListed(username);
  accounts.setBanned(username, banned);
  const player = roster.find(username);
  if (banned && player) roster.leave(player, 'kicked');
  if (banned) logs.write('admin', `${operator} banned user ${username}`, 'IMPORTANT');
  const name = dialect.build === 41 ? username : `"${username}"`;
  return `User ${name} is now ${banned ? 'banned' : 'un-banned'}`;
}

function setIdBanned({ accounts }: CommandGame, id: string, banned: boolean): string {
  if (!/^\d{17}$/.test(id)) return `Expected SteamID but got "${id}"`;
  accounts.setIdBanned(id, banned);
  return `SteamID ${id} is now ${banned ? 'banned' : 'unbanned'}`;
}

function isBanTail(words: readonly string[]): boolean {
  const rest = words[0] === '-ip' ? words.slice(1) : words;
  return rest.length === 0 || (rest.length === 2 && rest[0] === '-r');
}
