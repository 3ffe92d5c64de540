import type { Clock } from '../../platform/clock.ts';
import { systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import type { DesiredServer, ObservedServer } from '../../protocol/entities/server.ts';
import { readGameLogEvent } from '../../zomboid/game-log/log-events.ts';
import type { LogZone } from '../../zomboid/game-log/log-time.ts';
import type { EventJournal } from '../events/journal.ts';
import { withLogFolder } from '../game-logs/log-folder.ts';
import { createLogTail, type TailedLine } from '../game-logs/log-tail.ts';
import { zoneOfServer } from '../game-logs/server-zone.ts';
import type { Observer } from '../servers/observer.ts';
import type { AskPlayers } from './ask-players.ts';
import { createAsking } from './asking.ts';
import type { ConsoleArrivals } from './console-arrivals.ts';
import { type DeedEvent, deedOf } from './deeds.ts';
import type { Kept, KeptFiles, Run } from './kept.ts';
import { toldAfter } from './told-before.ts';
import { createPlayerTracker, type PlayerEvent } from './tracker.ts';

/** What {@link openServerPlayers} needs. */
export interface ServerPlayersDeps {
  /** The newest of what the server should be; undefined for one that this host does not have any more. */
  readonly find: (serverId: string) => DesiredServer | undefined;
  readonly observer: Observer;
  readonly journal: Pick<EventJournal, 'stream' | 'tell' | 'lastSeq' | 'read' | 'flushed'>;
  readonly files: KeptFiles;
  readonly folderOf: (server: DesiredServer) => string;
  readonly ask: AskPlayers;
  /** What the consoles said of who came and went: it counts where the files cannot be read. */
  readonly arrivals: Pick<ConsoleArrivals, 'take'>;
  /** Told of each line that was read, with its time in milliseconds since 1970 where it has one. */
  readonly onLine: (server: DesiredServer, line: TailedLine, atMs: number | undefined) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Follows who plays on one server. */
export interface ServerPlayers {
  /** Reads what is new, tells it, and asks the game where that is due. One at a time. */
  turn(): Promise<void>;
  /** The clock by which the server writes its files. */
  zone(): LogZone;
  /** Resolves when all that is known is on disk and nothing is asked any more. */
  flushed(): Promise<void>;
}

const saveEveryMs = 2_000;
const mostRounds = 16;
/** For the last of a run: 64 MiB. */
const mostLastRounds = 256;
/** A run that was under way for longer when it was first seen has a past. */
const newRunMs = 60_000;
/** More chat, or more who are turned away, in one turn is a flood, and would push everything else out of the journal. */
const mostLoud = 100;

/** Opens what is known of a server's players, and goes on from there. */
export async function openServerPlayers(id: string, deps: ServerPlayersDeps): Promise<ServerPlayers> {
  const { find, observer, journal, files, folderOf, clock, log } = deps;
  const kept = await files.load(id);
  const server = {
    id,
    get name() {
      return find(id)?.name ?? id;
    },
  };
  const tracker = createPlayerTracker(server, kept?.online ?? []);
  const tail = createLogTail(kept?.files ?? []);
  const toldBefore = toldAfter(journal, id, kept ?? { stream: journal.stream, seq: journal.lastSeq() });
  for (const event of toldBefore.events) tracker.recall(event);
  const asking = createAsking({ tracker, clock, ask: deps.ask });
  let isKnown = kept !== undefined;
  let run = kept?.run;
  let pastMs = kept?.pastMs ?? 0;
  let offsetMs = kept?.offsetMs;
  let hasFiles = false;
  let wasRefused = false;
  /** What the console said up to then was taken before the agent was restarted. */
  const heardBeforeMs = kept?.heardMs ?? 0;
  let heardMs = kept?.heardMs;
  let isDirty = toldBefore.events.length > 0;
  let savedMs = 0;
  let loudInTurn = 0;
  /** Whether those who came before this was watched have been told of. */
  let wasIntroduced = kept !== undefined;

  const tell = (events: readonly (PlayerEvent | DeedEvent)[]): void => {
    for (const event of events) {
      isDirty = true;
      if (event.kind === 'player-joined' || event.kind === 'player-left') asking.soon();
      const isLoud = event.kind === 'player-said' || event.kind === 'player-refused';
      if (isLoud) loudInTurn += 1;
      if (Date.parse(event.at) < pastMs || toldBefore.takes(event)) continue;
      if (isLoud && loudInTurn > mostLoud) continue;
      journal.tell(event);
    }
  };

  const zoneOf = ({ env }: DesiredServer): LogZone => zoneOfServer(env, offsetMs, clock.now());

  const take = (desired: DesiredServer, lines: readonly TailedLine[]): void => {
    if (lines.length === 0) return;
    const zone = zoneOf(desired);
    for (const line of lines) {
      const { type, parsed } = line;
      const atMs = parsed.kind === 'entry' ? zone.epochOf(parsed.wallMs) : undefined;
      deps.onLine(desired, line, atMs);
      if (parsed.kind !== 'entry' || atMs === undefined || !parsed.isWhole) continue;
      const event = readGameLogEvent(type, parsed.text, { isOnline: tracker.isOnline });
      if (!event) continue;
      const deed = deedOf(event, atMs, { server, online: tracker.online });
      tell(deed ? [deed] : tracker.take(event, atMs));
    }
  };

  /** Some games keep their files from everyone else: then there is none to read, which is said once. */
  const unlessRefused = async <Result>(
    { name }: DesiredServer,
    work: () => Promise<Result>,
  ): Promise<Result | undefined> => {
    try {
      const result = await work();
      wasRefused = false;
      return result;
    } catch (error) {
      if (!['EACCES', 'EPERM'].includes(systemErrorCode(error) ?? '')) throw error;
      const why = error instanceof Error ? error.message : String(error);
      if (!wasRefused) log.warn({ server: name, why }, 'the files in Logs/ of a server may not be read');
      wasRefused = true;
      return undefined;
    }
  };

  /** Takes what the console said before `untilMs` of the run that began at `sinceMs`, where the files say nothing. */
  const listen = (sinceMs: number, untilMs?: number): void => {
    for (const { atMs, arrival } of deps.arrivals.take(id, untilMs)) {
      if (hasFiles || atMs < sinceMs || atMs <= heardBeforeMs) continue;
      heardMs = Math.max(heardMs ?? 0, atMs);
      isDirty = true;
      tell(tracker.hear(arrival, atMs));
    }
  };

  /** Reads what is new of the run that began at `sinceMs`; `untilMs` says when the one after it began. */
  const read = async (desired: DesiredServer, sinceMs: number, rounds: number, untilMs?: number): Promise<void> => {
    for (let left = rounds; left > 0; left -= 1) {
      const round = await unlessRefused(desired, () =>
        withLogFolder(folderOf(desired), (folder) =>
          untilMs === undefined ? tail.round(folder, sinceMs) : tail.lastRound(folder, sinceMs, untilMs),
        ),
      );
      hasFiles = round !== undefined && round.files > 0;
      if (!round) return;
      offsetMs = round.offsetMs ?? offsetMs;
      if (round.lines.length > 0) isDirty = true;
      take(desired, round.lines);
      if (!round.hasMore) return;
    }
  };

  const save = async (): Promise<void> => {
    isDirty = false;
    savedMs = clock.now();
    const now: Kept = {
      ...(run === undefined ? {} : { run }),
      pastMs,
      ...(offsetMs === undefined ? {} : { offsetMs }),
      ...(heardMs === undefined ? {} : { heardMs }),
      files: [...tail.positions()],
      online: [...tracker.online()],
      stream: journal.stream,
      seq: journal.lastSeq(),
    };
    // A place in a file must never be ahead of what is on disk of what was read there.
    await journal.flushed();
    await files.save(id, now);
  };

  /** The game of `last` is over: what it wrote last is read, and whoever was online has left with it. */
  const finish = async (desired: DesiredServer, last: Run, known: ObservedServer): Promise<void> => {
    const next = runOf(known.container);
    const [sinceMs, untilMs] = [Date.parse(last.startedAt), next && Date.parse(next.startedAt)];
    await read(desired, sinceMs, mostLastRounds, untilMs);
    listen(sinceMs, untilMs);
    tail.forgetMoved();
    const { endedMs, how } = endOf(last, known, clock.now());
    tell(tracker.end(endedMs, how));
    run = undefined;
    hasFiles = false;
    await save();
  };

  const show = (desired: DesiredServer, isReady: boolean): void => {
    const before = observer.find(id)?.players;
    if (!isReady || (!hasFiles && !tracker.hasAnswer())) {
      if (before) observer.note(desired, { players: undefined });
      return;
    }
    const { at: heardAt, ...players } = tracker.shown(clock.now());
    const { at, ...shown } = before ?? { at: undefined };
    const isAnswerShown = at !== undefined && Date.parse(at) >= asking.answeredMs();
    if (isAnswerShown && JSON.stringify(players) === JSON.stringify(shown)) return;
    observer.note(desired, { players: { at: heardAt, ...players } });
  };

  return {
    async turn() {
      const desired = find(id);
      const known = observer.find(id);
      // Without a look at the engine, nothing says that a game has ended.
      if (!desired || !known || known.blind !== undefined || known.data === undefined) return;
      loudInTurn = 0;
      const now = runOf(known.container);
      if (run && !isSameRun(run, now)) await finish(desired, run, known);
      if (now && !run) {
        run = now;
        isDirty = true;
        pastMs = !isKnown && Date.parse(now.startedAt) < clock.now() - newRunMs ? clock.now() : 0;
        isKnown = true;
        asking.anew();
      }
      const isRunning = known.container?.status === 'running';
      if (run && isRunning) {
        await read(desired, Date.parse(run.startedAt), mostRounds);
        listen(Date.parse(run.startedAt));
        if (pastMs > 0 && !wasIntroduced) for (const event of tracker.introduce(pastMs)) journal.tell(event);
        wasIntroduced = true;
      }
      const isReady = run !== undefined && observer.find(id)?.readyAt !== undefined;
      if (isReady && isRunning) tell(asking.look(desired, hasFiles));
      show(desired, isReady);
      if (loudInTurn > mostLoud)
        log.warn({ server: desired.name, lines: loudInTurn }, 'too much chat, or too many refused, to tell all of it');
      if (isDirty && clock.now() - savedMs >= saveEveryMs) await save();
    },
    zone() {
      const desired = find(id);
      return zoneOfServer(desired?.env ?? {}, offsetMs, clock.now());
    },
    async flushed() {
      await asking.ended();
      if (isDirty) await save();
    },
  };
}

function runOf(container: ObservedServer['container']): Run | undefined {
  const isUp = container?.status === 'running' || container?.status === 'paused';
  return isUp && container.startedAt !== undefined
    ? { containerId: container.id, startedAt: container.startedAt }
    : undefined;
}

function isSameRun(run: Run, other: Run | undefined): boolean {
  return run.containerId === other?.containerId && run.startedAt === other.startedAt;
}

/** When a run ended, as far as it is known, and the words for it. */
function endOf(
  { containerId, startedAt }: Run,
  { container, lastExit }: ObservedServer,
  nowMs: number,
): { readonly endedMs: number; readonly how: string } {
  if (container?.id === containerId && container.startedAt === startedAt && container.finishedAt !== undefined) {
    const isCrash = lastExit?.at === container.finishedAt && !lastExit.expected;
    return { endedMs: Date.parse(container.finishedAt), how: isCrash ? 'the game crashed' : 'the game stopped' };
  }
  const next = container?.startedAt;
  // When it ended was not seen; it was before this.
  if (next !== undefined && Date.parse(next) > Date.parse(startedAt)) {
    return { endedMs: Date.parse(next), how: 'the game was started anew' };
  }
  return { endedMs: nowMs, how: 'its container is gone' };
}
