import type { Accounts } from './accounts.ts';
import type { Dialect } from './dialect.ts';
import type { GameConsole } from './game-console.ts';
import type { LogFolder } from './log-folder.ts';

/** Somebody who is online. */
export interface Player {
  readonly username: string;
  readonly steamId: string;
  readonly guid: string;
  readonly index: number;
  x: number;
  y: number;
}

/** Who is online, and what the game writes when that changes. */
export interface Roster {
  all(): readonly Player[];
  /** Finds a player by name, in any case. */
  find(username: string): Player | undefined;
  join(username: string): void;
  leave(player: Player, why: 'left' | 'kicked'): void;
  say(player: Player, text: string): void;
  /** Lets a player die and come back with a new character. */
  die(player: Player): void;
}

/** What a {@link Roster} is made of. */
export interface RosterOptions {
  readonly dialect: Dialect;
  readonly console: GameConsole;
  readonly logs: LogFolder;
  readonly accounts: Accounts;
  readonly now: () => number;
}

/** Makes an empty roster. */
export function createRoster({ dialect, console, logs, accounts, now }: RosterOptions): Roster {
  const online = new Map<string, Player>();
  const steamIds = new Map<string, string>();
  let joined = 0;

  const steamIdOf = (username: string): string => {
    const known = steamIds.get(username) ?? String(76_561_198_000_000_001n + BigInt(steamIds.size));
    steamIds.set(username, known);
    return known;
  };
  const place = ({ x, y }: Player): string => `(${x},${y},0)`;
  const perk = ({ steamId, username, x, y, index }: Player, what: string): void =>
    logs.write('PerkLog', `[${steamId}][${username}][${x},${y},0][${what}][Hours Survived: ${index}]`);

  return {
    all: () => [...online.values()],
    find: (username) => online.get(username.toLowerCase()),
    join(username) {
      joined += 1;
      const steamId = steamIdOf(username);
      const guid = String(1_000_000_000_000_000n + BigInt(joined) * 7_919n);
      const player = { username, steamId, guid, index: joined, x: 10_600 + (joined % 200), y: 9_400 + (joined % 170) };
      online.set(username.toLowerCase(), player);
      const known = accounts.exists(username);
      accounts.sawPlayer(username, steamId, new Date(now()).toISOString());
      if (dialect.build === 41) {
        console.log('Network', `User ${username} is trying to connect.`);
        console.log('Network', `Connected new client ${username} ID # ${player.index}`);
      } else {
        console.log('Network', `Steam client ${steamId} is initiating a connection.`);
        console.log('Network', `Connected new client ${guid} ID # ${player.index}`);
        console.log('Multiplayer', `connection: guid=${guid} [fully-connected] ""`);
      }
      logs.write('user', `${steamId} "${username}" attempting to join`);
      if (!known) logs.write('user', `${steamId} "${username}" was added`);
      logs.write('user', `${steamId} "${username}" allowed to join`);
      logs.write('user', `${steamId} "${username}" fully connected ${place(player)}`);
      perk(player, 'Login');
    },
    leave(player, why) {
      online.delete(player.username.toLowerCase());
      if (dialect.build === 41) console.log('Network', `Disconnected player "${player.username}" ${player.steamId}`);
      else console.log('Multiplayer', `connection: guid=${player.guid} [disconnect] "receive-disconnect"`);
      const word = why === 'kicked' ? 'warning' : undefined;
      if (why === 'kicked') console.log('Network', `The player ${player.username} was kicked.`);
      logs.write('user', `${player.steamId} "${player.username}" disconnected player ${place(player)}`, word);
    },
    say({ username }, text) {
      const message = `ChatMessage{chat=General, author='${username}', text='${text}'}`;
      logs.write('chat', `Got message:${message}`, 'info');
      logs.write('chat', `Message ${message} sent to chat (id = 0) members`, 'info');
    },
    die(player) {
      perk(player, 'Died');
      perk(player, 'Created Player 1');
    },
  };
}
