import type { ManagerClient } from '../../client/connect/manager-client.ts';
import { shellWord } from '../../platform/terminal/shell-words.ts';
import type { ServerPlayer } from '../../protocol/entities/player.ts';
import {
  playerAccess,
  playerBan,
  playerKick,
  playerMessage,
  playerTeleport,
  playerUnban,
  playerWhitelistAdd,
  playerWhitelistRemove,
} from '../../protocol/operations/player.ts';
import { isAllowed } from '../../protocol/permissions.ts';
import type { PlayerDeed } from '../../zomboid/players/player-deed.ts';
import type { Me } from '../store/state.ts';

/** What is asked for before something is done to a player. */
export interface DeedField {
  readonly label: string;
  readonly isNeeded: boolean;
  readonly isSecret?: true;
  /** Words that are offered with Tab. */
  readonly offers?: readonly string[];
}

/** Whom a deed is done to: `steamId` where the Steam account is meant and not the one of the game. */
export interface DeedAim {
  readonly name: string;
  readonly serverId: string;
  readonly steamId?: string | undefined;
}

/** What the game was told, and what it answered. */
export interface Told {
  readonly player: string;
  readonly server: string;
  readonly answer: string;
}

/** Something that can be done to a player. `text` is what stands in the field; empty where nothing does. */
export interface Deed {
  /** Name in the key table, and subject of the operation. */
  readonly id: string;
  readonly label: string;
  readonly presence: 'online' | 'any';
  readonly field?: DeedField;
  /** It can be done to the Steam account too. */
  readonly isForSteam?: true;
  /** As the manager will make it. */
  readonly deed: (aim: DeedAim, text: string) => PlayerDeed;
  /** What follows `zedops player` in the command line that does the same. */
  readonly words: (player: string, text: string) => string;
  readonly act: (client: ManagerClient, aim: DeedAim, text: string, signal: AbortSignal) => Promise<Told>;
}

const to = ({ name, serverId, steamId }: DeedAim) => ({ player: steamId ?? name, server: serverId });
const reasonOf = (text: string) => (text === '' ? {} : { reason: text });
const reasonWords = (text: string): string => (text === '' ? '' : ` --reason ${shellWord(text)}`);
const reason: DeedField = { label: 'reason', isNeeded: false };

/** Everything that can be done to a player, in the order it is listed. */
export const deeds: readonly Deed[] = [
  {
    id: 'player.kick',
    label: 'Kick',
    presence: 'online',
    field: reason,
    deed: ({ name }, text) => ({ deed: 'kick', name, ...reasonOf(text) }),
    words: (player, text) => `kick ${player}${reasonWords(text)}`,
    act: (client, aim, text, signal) => client.call(playerKick, { ...to(aim), ...reasonOf(text) }, signal),
  },
  {
    id: 'player.ban',
    label: 'Ban',
    presence: 'any',
    field: reason,
    isForSteam: true,
    deed: ({ name, steamId }, text) => ({ deed: 'ban', name, steamId, ...reasonOf(text) }),
    words: (player, text) => `ban ${player}${reasonWords(text)} --yes`,
    act: (client, aim, text, signal) => client.call(playerBan, { ...to(aim), ...reasonOf(text) }, signal),
  },
  {
    id: 'player.unban',
    label: 'Unban',
    presence: 'any',
    isForSteam: true,
    deed: ({ name, steamId }) => ({ deed: 'unban', name, steamId }),
    words: (player) => `unban ${player}`,
    act: (client, aim, _, signal) => client.call(playerUnban, to(aim), signal),
  },
  {
    id: 'player.message',
    label: 'Message',
    presence: 'online',
    field: { label: 'message, which everyone there reads', isNeeded: true },
    deed: ({ name }, text) => ({ deed: 'message', name, text }),
    words: (player, text) => `message ${player} ${shellWord(text)}`,
    act: (client, aim, text, signal) => client.call(playerMessage, { ...to(aim), text }, signal),
  },
  {
    id: 'player.teleport',
    label: 'Teleport',
    presence: 'online',
    field: { label: 'to a player, or a place such as 10600,9500,0', isNeeded: true },
    deed: ({ name }, text) => ({ deed: 'teleport', name, to: text }),
    words: (player, text) => `teleport ${player} ${shellWord(text)}`,
    act: (client, aim, text, signal) => client.call(playerTeleport, { ...to(aim), to: text }, signal),
  },
  {
    id: 'player.access',
    label: 'Access',
    presence: 'any',
    field: {
      label: 'level or role',
      isNeeded: true,
      offers: ['admin', 'banned', 'gm', 'moderator', 'none', 'observer', 'overseer', 'priority', 'user'],
    },
    deed: ({ name }, text) => ({ deed: 'access', name, level: text }),
    words: (player, text) => `access ${player} ${shellWord(text)} --yes`,
    act: (client, aim, text, signal) => client.call(playerAccess, { ...to(aim), level: text }, signal),
  },
  {
    id: 'player.whitelist-add',
    label: 'Whitelist',
    presence: 'any',
    isForSteam: true,
    field: { label: 'password, which build 41 needs', isNeeded: false, isSecret: true },
    deed: ({ name, steamId }, text) => ({
      deed: 'whitelist-add',
      name,
      steamId,
      ...(text === '' ? {} : { password: text }),
    }),
    words: (player, text) => `whitelist add ${player}${text === '' ? '' : ' --password-stdin'}`,
    act: (client, aim, text, signal) =>
      client.call(playerWhitelistAdd, { ...to(aim), ...(text === '' ? {} : { password: text }) }, signal),
  },
  {
    id: 'player.whitelist-remove',
    label: 'Take off the whitelist',
    presence: 'any',
    isForSteam: true,
    deed: ({ name, steamId }) => ({ deed: 'whitelist-remove', name, steamId }),
    words: (player) => `whitelist remove ${player}`,
    act: (client, aim, _, signal) => client.call(playerWhitelistRemove, to(aim), signal),
  },
];

/** The command line that does the same. */
export function deedCommand(deed: Deed, { name, server }: Pick<ServerPlayer, 'name' | 'server'>, text: string): string {
  return `zedops player ${deed.words(shellWord(name), text)} --server ${shellWord(server)}`;
}

/** Why someone cannot do anything to players of a server; undefined where they can. */
export function deedHindrance(
  server: { readonly id: string; readonly hostId: string; readonly name: string },
  me: Me | undefined,
  isReadOnly: boolean,
): string | undefined {
  if (isReadOnly) return 'ZedOps was opened with --read-only';
  if (me === undefined) return 'what you may do is not known yet';
  const place = { kind: 'server', hostId: server.hostId, serverId: server.id } as const;
  if (isAllowed(me.grants, 'player:manage', place)) return undefined;
  return `needs the permission player:manage on ${server.name}`;
}
