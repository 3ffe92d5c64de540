import * as z from 'zod';
import { isoTime } from '../../platform/clock.ts';
import type { HostEvent } from '../../protocol/entities/event.ts';
import { type EventPlayer, type OnlinePlayers, PlayerName, SteamId } from '../../protocol/entities/player.ts';
import type { ConsoleArrival } from '../../zomboid/console/console-players.ts';
import type { GameLogEvent, LoggedPlayer } from '../../zomboid/game-log/log-events.ts';
import type { PlayersReply } from '../../zomboid/players/players.ts';
import type { NewEvent } from '../events/journal.ts';
import { cleanName, shownText } from './shown-name.ts';

/** Somebody who is online, as it is kept over restarts of the agent. */
export const Online = z.object({
  name: PlayerName,
  steamId: SteamId.optional(),
  /** Since when, in milliseconds since 1970. */
  sinceMs: z.number(),
  /** Who said so: the game's files, or the game when it was asked. */
  by: z.enum(['file', 'answer']),
});
export type Online = z.infer<typeof Online>;

/** What is told of a player; always of one server. */
export type PlayerEvent = NewEvent & { readonly player: EventPlayer; readonly at: string };

/** Knows who is online on one server, and says what players do there. It looks at nothing by itself. */
export interface PlayerTracker {
  /** Takes what a line says that was written at `atMs` (milliseconds since 1970); gives what is to be told. */
  take(event: GameLogEvent, atMs: number): readonly PlayerEvent[];
  /** Takes what the console said at `atMs` where the files cannot be read; what they say later of the same is nothing new. */
  hear(arrival: ConsoleArrival, atMs: number): readonly PlayerEvent[];
  /**
   * Takes the game's own answer. Who it leaves out, or names without a word in the files, is only believed to have gone
   * or come when a later answer says it again: the files say it better. `hasFiles` says whether they can be read.
   */
  compare(reply: PlayersReply, atMs: number, hasFiles: boolean): readonly PlayerEvent[];
  /** True while an answer is to be confirmed by another one soon. */
  isInDoubt(): boolean;
  /** The game has ended at `atMs`: whoever was online has left. `how` ends the sentence, such as `the game stopped`. */
  end(atMs: number, how: string): readonly PlayerEvent[];
  /** Takes back to mind what was told already. */
  recall(event: Pick<HostEvent, 'kind' | 'player' | 'at'>): void;
  /** Tells of those who are online and have not been told of, because they came before `beforeMs`. */
  introduce(beforeMs: number): readonly PlayerEvent[];
  online(): readonly Online[];
  isOnline(name: string): boolean;
  /** Who is shown as online at `atMs`, from the game's last answer and what the files have said since. */
  shown(atMs: number): OnlinePlayers;
  /** Whether the game has answered, and its answer still counts. */
  hasAnswer(): boolean;
  /** Forgets the game's last answer: from now on the files alone count. */
  forgetAnswer(): void;
}

/** The patience with an answer that names somebody of whom the files say nothing: the game counts who still loads. */
const loadingMs = 300_000;
const confirmMs = 3_000;
const mostOnline = 256;
const longestChat = 1_024;
const longestChannel = 64;

/** Makes a tracker of a server that goes on from who was online. */
export function createPlayerTracker(
  server: { readonly id: string; readonly name: string },
  online: readonly Online[],
): PlayerTracker {
  const present = new Map(online.map((one) => [one.name, one]));
  /** Names of the last answer, changed by what the files have said since; undefined where there was none. */
  let answered: Set<string> | undefined;
  /** How many the last answer counted and did not name. */
  let nameless = 0;
  const missing = new Map<string, number>();
  const strange = new Map<string, number>();

  const tell = (kind: PlayerEvent['kind'], text: string, player: EventPlayer, atMs: number): PlayerEvent => ({
    kind,
    serverId: server.id,
    text,
    player,
    at: isoTime(atMs),
  });

  const come = (player: EventPlayer, atMs: number, by: Online['by']): readonly PlayerEvent[] => {
    const { name, steamId } = player;
    const before = present.get(name);
    const known = steamId === undefined ? {} : { steamId };
    answered?.add(name);
    if (before && (before.by === 'answer' || before.sinceMs >= atMs)) {
      present.set(name, { ...before, ...known, by });
      return [];
    }
    if (!before && present.size >= mostOnline) return [];
    present.set(name, { name, ...known, sinceMs: atMs, by });
    const joined = tell('player-joined', `${name} joined ${server.name}`, player, atMs);
    // The file in which it said so was begun anew before it was read.
    return before
      ? [tell('player-left', `${name} left ${server.name} before`, { name, ...known }, atMs), joined]
      : [joined];
  };

  const go = (player: EventPlayer, atMs: number, text: string): readonly PlayerEvent[] => {
    const before = present.get(player.name);
    if (!before || before.sinceMs > atMs) return [];
    present.delete(player.name);
    missing.delete(player.name);
    answered?.delete(player.name);
    const known = before.steamId === undefined ? {} : { steamId: before.steamId };
    return [tell('player-left', text, { ...known, ...player }, atMs)];
  };

  return {
    take(event, atMs) {
      if (!('player' in event)) return [];
      const player = eventPlayer(event.player);
      if (!player) return [];
      const { name } = player;
      switch (event.kind) {
        case 'joined':
          strange.delete(name);
          return come({ ...player, position: event.position }, atMs, 'file');
        case 'left':
          return go({ ...player, position: event.position }, atMs, `${name} left ${server.name}`);
        case 'died':
          return [tell('player-died', `${name} died on ${server.name}`, { ...player, position: event.position }, atMs)];
        case 'said': {
          const channel = shownText(event.channel).slice(0, longestChannel);
          const text = shownText(event.text).slice(0, longestChat);
          const steamId = present.get(name)?.steamId;
          const known = steamId === undefined ? {} : { steamId };
          const said = { ...player, ...known, chat: { channel, text } };
          return [tell('player-said', `${name} said on ${server.name}: ${text}`, said, atMs)];
        }
        default:
          return [];
      }
    },
    hear({ kind, player: { name, steamId } }, atMs) {
      const player = eventPlayer(steamId === undefined ? { name } : { name, steamId });
      if (!player) return [];
      if (kind === 'left') return go(player, atMs, `${player.name} left ${server.name}`);
      strange.delete(player.name);
      return come(player, atMs, 'answer');
    },
    compare({ count, names }, atMs, hasFiles) {
      const given = names.flatMap((name) => cleanName(name) ?? []).slice(0, mostOnline);
      answered = new Set(given);
      nameless = Math.max(0, count - answered.size);
      // Where the names are not all there, nothing follows from one that is missing.
      if (count !== names.length) return [];
      const isGarbled = given.some((name) => !present.has(name));
      const events: PlayerEvent[] = [];
      for (const name of missing.keys()) if (answered.has(name) || !present.has(name)) missing.delete(name);
      for (const name of strange.keys()) if (!answered.has(name)) strange.delete(name);
      for (const { name } of [...present.values()]) {
        // Letters that a build cannot send may come as others.
        if (answered.has(name) || (isGarbled && !isAscii(name))) continue;
        const sinceMs = missing.get(name) ?? atMs;
        missing.set(name, sinceMs);
        if (atMs - sinceMs >= confirmMs)
          events.push(...go({ name }, atMs, `${name} is not on ${server.name} any more`));
      }
      for (const name of answered) {
        if (present.has(name)) continue;
        const sinceMs = strange.get(name) ?? atMs;
        strange.set(name, sinceMs);
        if (atMs - sinceMs < (hasFiles ? loadingMs : confirmMs)) continue;
        strange.delete(name);
        events.push(...come({ name }, atMs, 'answer'));
      }
      return events;
    },
    isInDoubt: () => missing.size > 0,
    end(atMs, how) {
      const events = [...present.values()].flatMap(({ name, sinceMs }) =>
        go({ name }, Math.max(atMs, sinceMs), `${name} left ${server.name}: ${how}`),
      );
      present.clear();
      missing.clear();
      strange.clear();
      answered = undefined;
      return events;
    },
    recall({ kind, player, at }) {
      if (!player) return;
      const { name, steamId } = player;
      const known = steamId === undefined ? {} : { steamId };
      // Only files say where somebody came in.
      const by = player.position ? 'file' : 'answer';
      if (kind === 'player-joined') present.set(name, { name, ...known, sinceMs: Date.parse(at), by });
      else if (kind === 'player-left') present.delete(name);
    },
    introduce: (beforeMs) =>
      [...present.values()]
        .filter(({ sinceMs }) => sinceMs < beforeMs)
        .map(({ name, steamId, sinceMs }) => {
          const known = steamId === undefined ? {} : { steamId };
          return tell('player-joined', `${name} is on ${server.name}`, { name, ...known }, sinceMs);
        }),
    online: () => [...present.values()],
    isOnline: (name) => present.has(cleanName(name) ?? ''),
    shown(atMs) {
      const names = answered ?? new Set(present.keys());
      return {
        at: isoTime(atMs),
        count: names.size + (answered ? nameless : 0),
        by: answered ? 'game' : 'files',
        players: [...names].slice(0, mostOnline).map((name) => {
          const known = present.get(name);
          return {
            name,
            ...(known?.steamId === undefined ? {} : { steamId: known.steamId }),
            ...(known ? { since: isoTime(known.sinceMs) } : {}),
          };
        }),
      };
    },
    hasAnswer: () => answered !== undefined,
    forgetAnswer() {
      answered = undefined;
      missing.clear();
      strange.clear();
    },
  };
}

function eventPlayer({ name, steamId }: LoggedPlayer): EventPlayer | undefined {
  const clean = cleanName(name);
  if (clean === undefined) return undefined;
  return { name: clean, ...(steamId === undefined ? {} : { steamId }) };
}

function isAscii(name: string): boolean {
  return /^[ -~]*$/.test(name);
}
