import type { GameLogType } from './log-file-name.ts';

/** Somebody as a line of the game names them. Names are as written: they may hold controls. */
export interface LoggedPlayer {
  readonly name: string;
  /** SteamID64; absent on a server without Steam, where the game writes a number of its own. */
  readonly steamId?: string;
}

/** Where somebody is, in tiles; `z` is the floor. */
export interface LoggedPosition {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Something that a line of a file in `Logs/` says. */
export type GameLogEvent =
  /** `account`: of a name never seen before. `allowed`: let in, and still loading. */
  | { readonly kind: 'trying' | 'account' | 'allowed'; readonly player: LoggedPlayer }
  | { readonly kind: 'joined' | 'left' | 'died'; readonly player: LoggedPlayer; readonly position: LoggedPosition }
  | { readonly kind: 'said'; readonly player: LoggedPlayer; readonly channel: string; readonly text: string }
  | { readonly kind: 'denied'; readonly player: LoggedPlayer; readonly reason: string }
  | { readonly kind: 'killed'; readonly player: LoggedPlayer; readonly by: LoggedPlayer }
  /** `by` is an administrator, or what the game calls its own console. */
  | { readonly kind: 'kicked'; readonly player: LoggedPlayer; readonly by: string }
  /** `whom` is a name, and the reason where there is one: the game puts nothing but a space between them. */
  | { readonly kind: 'banned'; readonly whom: string; readonly by: string }
  | { readonly kind: 'access-granted'; readonly player: LoggedPlayer; readonly level: string; readonly by: string }
  | { readonly kind: 'option-changed'; readonly option: string; readonly value: string; readonly by: string }
  | { readonly kind: 'options-reloaded' | 'closed'; readonly by: string };

/** What else is known while a line is read. */
export interface ReadOptions {
  /** Says whether somebody of this name is online: it settles who said a line of chat that can be read in two ways. */
  readonly isOnline?: (name: string) => boolean;
}

interface Pattern {
  readonly type: GameLogType;
  readonly pattern: RegExp;
  /** Undefined for a line that can be read in two ways. */
  readonly read: (groups: readonly string[], options: ReadOptions) => GameLogEvent | undefined;
}

/** A longer line is no event: nothing that the game writes of a player is as long. */
const longestText = 4_096;

const where = String.raw`\((-?\d{1,9}),(-?\d{1,9}),(-?\d{1,9})\)`;
const triple = String.raw`\[(-?\d{1,9}),(-?\d{1,9}),(-?\d{1,9})\]`;
const anyTriple = String.raw`\[-?\d{1,9},-?\d{1,9},-?\d{1,9}\]`;
const denials = [
  String.raw`client version \([^()]{0,40}\) does not match server version \([^()]{0,40}\)`,
  ...['is banned', 'already connected', 'ping is too high', 'Server is too busy', 'reason ".*"'],
].join('|');

/** Words between which an administrator's name and somebody else's stand. */
const deeds =
  / (?:changed option|reloaded options|closed server|kicked user|banned user|granted|added item|created user|teleported|created a horde of) ?/g;

/**
 * The one table of what lines mean. A player chooses their name and what they say, and neither can make a line mean
 * something else: what the game itself writes is looked for at both ends, a name is everything between, and a line that
 * can be read in two ways means nothing. Flag `s`: a name may hold a line separator of Unicode.
 */
const patterns: readonly Pattern[] = [
  user('fully connected ', 'joined'),
  user('disconnected player ', 'left'),
  {
    type: 'user',
    pattern: /^(\d{1,20}) "(.*)" (attempting to join|was added|allowed to join)$/s,
    read: ([id = '', name = '', what]) => ({
      kind: what === 'was added' ? 'account' : what === 'allowed to join' ? 'allowed' : 'trying',
      player: player(name, id),
    }),
  },
  {
    type: 'user',
    pattern: new RegExp(`^access denied: user "(.*)" (${denials})$`, 's'),
    read: ([name = '', reason = '']) => ({ kind: 'denied', player: player(name), reason }),
  },
  {
    // The place is the last one in the line: a name that holds one stands before it.
    type: 'PerkLog',
    pattern: new RegExp(
      String.raw`^\[(\d{1,20})\]\[(.*)\]${triple}\[Died\](?:(?!${anyTriple})\[[^[\]]{0,64}\]){0,8}$`,
      's',
    ),
    read: ([id = '', name = '', ...place]) => ({ kind: 'died', player: player(name, id), position: position(place) }),
  },
  {
    type: 'chat',
    pattern: /^Got message:ChatMessage\{chat=([^,'{}]{1,64}), author='(.*)'\}$/s,
    read: ([channel = '', rest = ''], options) => said(channel, rest, options),
  },
  {
    type: 'pvp',
    pattern: new RegExp(`^Kill: "(.*)" ${where} killed "(.*)" ${where}$`, 's'),
    read: ([by = '', _x, _y, _z, name = '']) =>
      by.includes(' killed "') || name.includes(' killed "')
        ? undefined
        : { kind: 'killed', player: player(name), by: player(by) },
  },
  admin(/^(.+?) kicked user (.+)$/s, (by, name) => ({ kind: 'kicked', player: player(name), by })),
  admin(/^(.+?) banned user (.+)$/s, (by, whom) => ({ kind: 'banned', whom, by })),
  admin(/^(.+?) granted ([A-Za-z]{1,32}|\S{1,64}) access level on (.+)$/s, (by, level, name) => ({
    ...{ kind: 'access-granted', player: player(name), level, by },
  })),
  admin(/^(.+?) changed option (\w{1,64})=(.*)$/s, (by, option, value) => ({
    ...{ kind: 'option-changed', option, value, by },
  })),
  admin(/^(.+?) reloaded options$/s, (by) => ({ kind: 'options-reloaded', by })),
  admin(/^(.+?) closed server$/s, (by) => ({ kind: 'closed', by })),
];

const patternsByType = Map.groupBy(patterns, ({ type }) => type);

/**
 * What an entry of a file in `Logs/` says; undefined for most. `text` is without time, level and final dot. Only chat of
 * `Got message` counts: the game writes each message a second time as it is sent.
 */
export function readGameLogEvent(type: GameLogType, text: string, options: ReadOptions = {}): GameLogEvent | undefined {
  if (text.length > longestText) return undefined;
  for (const { pattern, read } of patternsByType.get(type) ?? []) {
    const found = pattern.exec(text);
    if (found) return read(found.slice(1), options);
  }
  return undefined;
}

function user(words: string, kind: 'joined' | 'left'): Pattern {
  return {
    type: 'user',
    pattern: new RegExp(`^(\\d{1,20}) "(.*)" ${words}${where}$`, 's'),
    read: ([id = '', name = '', ...place]) => ({ kind, player: player(name, id), position: position(place) }),
  };
}

function admin(pattern: RegExp, read: (by: string, second: string, third: string) => GameLogEvent): Pattern {
  return {
    type: 'admin',
    pattern,
    read(groups) {
      const [by = '', second = '', third = ''] = groups;
      // Names are not quoted here, and one of them may be a deed.
      const count = ` ${groups.join(' ')} `.match(deeds)?.length ?? 0;
      return count > 0 ? undefined : read(by, second, third);
    },
  };
}

function player(name: string, id?: string): LoggedPlayer {
  return id !== undefined && /^7656119\d{10}$/.test(id) ? { name, steamId: id } : { name };
}

function position([x, y, z]: readonly string[]): LoggedPosition {
  return { x: Number(x), y: Number(y), z: Number(z) };
}

const beforeText = "', text='";

/**
 * The author ends where the text begins, and either may hold the words between them. Where there are several ways, it is
 * by the longest name that is online: nobody can be taken for another whose name is only the beginning of their own.
 * Where none of them is, the longest, which is nobody else's either.
 */
function said(channel: string, rest: string, { isOnline }: ReadOptions): GameLogEvent | undefined {
  const ways: { readonly name: string; readonly text: string }[] = [];
  for (let at = rest.lastIndexOf(beforeText); at > 0; at = rest.lastIndexOf(beforeText, at - 1)) {
    ways.push({ name: rest.slice(0, at), text: rest.slice(at + beforeText.length) });
  }
  const way = ways.find(({ name }) => isOnline?.(name)) ?? ways[0];
  return way && { kind: 'said', player: player(way.name), channel, text: way.text };
}
