import type { Build } from '../commands/command.ts';
import { type CommandLine, commandLine } from '../commands/command-line.ts';

/** What is done to a player by a command of the game. `name` is the account's, as the game has it. */
export type PlayerDeed =
  | { readonly deed: 'kick'; readonly name: string; readonly reason?: string | undefined }
  /** With a Steam id the Steam account is meant, else the account of that name. */
  | {
      readonly deed: 'ban';
      readonly name: string;
      readonly steamId?: string | undefined;
      readonly reason?: string | undefined;
    }
  | { readonly deed: 'unban' | 'whitelist-remove'; readonly name: string; readonly steamId?: string | undefined }
  | {
      readonly deed: 'whitelist-add';
      readonly name: string;
      readonly steamId?: string | undefined;
      readonly password?: string | undefined;
    }
  | { readonly deed: 'access'; readonly name: string; readonly level: string }
  | { readonly deed: 'message'; readonly name: string; readonly text: string }
  /** `to` is the name of a player, or a place as {@link isPlace} knows it. */
  | { readonly deed: 'teleport'; readonly name: string; readonly to: string };

/** Says whether a text is a place in tiles, such as `10600,9500,0`. */
export function isPlace(text: string): boolean {
  return /^-?\d{1,6}(\.\d{1,3})?,-?\d{1,6}(\.\d{1,3})?,-?\d{1,2}$/.test(text);
}

/** Says whether a text is a SteamID64, by its look. */
export function isSteamId(text: string): boolean {
  return /^7656119\d{10}$/.test(text);
}

/**
 * The line by which a game does something to a player, or why there is none. It is what a person is asked to confirm and
 * what the game is told, so that the two are the same. The game bans a Steam account without a reason, and has no
 * message to one player alone.
 */
export function playerLine(build: Build | undefined, deed: PlayerDeed): CommandLine {
  const { name: player } = deed;
  const of = (command: string, values: Parameters<typeof commandLine>[2]): CommandLine =>
    commandLine(build, command, values);
  switch (deed.deed) {
    case 'kick':
      return of('kickuser', { player, reason: deed.reason });
    case 'ban':
      return deed.steamId === undefined
        ? of('banuser', { player, reason: deed.reason })
        : of('banid', { steamId: deed.steamId });
    case 'unban':
      return deed.steamId === undefined ? of('unbanuser', { player }) : of('unbanid', { steamId: deed.steamId });
    case 'whitelist-add':
      if (deed.steamId !== undefined) return of('addsteamid', { steamId: deed.steamId });
      return of('adduser', { player, password: deed.password });
    case 'whitelist-remove':
      return deed.steamId === undefined
        ? of('removeuserfromwhitelist', { player })
        : of('removesteamid', { steamId: deed.steamId });
    case 'access':
      return of('setaccesslevel', { player, level: deed.level });
    case 'message':
      return of('servermsg', { text: `${player}: ${deed.text}` });
    case 'teleport':
      if (isPlace(deed.to)) return of('teleportto', { player, place: deed.to });
      return of(build === '41' ? 'teleport' : 'teleportplayer', { player, target: deed.to });
  }
}
