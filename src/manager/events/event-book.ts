import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { HostEvent, KnownEventKind } from '../../protocol/entities/event.ts';
import type { Db } from '../store/database.ts';
import { dropOldEvents, type EventRow, insertEvents, readEventCursor } from '../store/events.ts';
import { findHost } from '../store/hosts.ts';
import { serversOnHost } from '../store/servers.ts';

/** Some events of a host's journal, as its agent sends them. */
export interface EventBatch {
  readonly stream: string;
  readonly events: readonly HostEvent[];
  readonly lost?: number | undefined;
}

/** What happened in the fleet: written down, and told to who follows it. The only writer of events. */
export interface EventBook {
  /** Takes what a host sends, each event once. An agent is believed about its own servers only. */
  take(hostId: string, batch: EventBatch): Promise<void>;
  /** Notes what the manager itself saw of a host. */
  note(hostId: string, kind: KnownEventKind, text: string): void;
  /** Calls `listener` when there are new ones. */
  subscribe(listener: () => void): () => void;
  /** Ends the watch over old events, and resolves when everything noted is written. */
  close(): Promise<void>;
}

/** What {@link createEventBook} is made of. */
export interface EventBookDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
}

const keptMs = 90 * 86_400_000;
const keptRows = 200_000;
const tidyEveryMs = 3_600_000;
/** New events after which old ones are dropped without waiting for the hour: a host that raves fills no disk. */
const tidyEveryRows = 5_000;

/** Makes the book. */
export function createEventBook({ db, clock, log }: EventBookDeps): EventBook {
  const listeners = new Set<() => void>();
  let sinceTidy = 0;
  let writing: Promise<void> = Promise.resolve();

  const inTurn = (task: () => Promise<void>): Promise<void> => {
    const turn = writing.then(task);
    writing = turn.catch(() => undefined);
    return turn;
  };
  const report = (error: unknown): void => {
    log.error({ error: error instanceof Error ? error : undefined }, 'events could not be written or forgotten');
  };
  const tidy = async (): Promise<void> => {
    sinceTidy = 0;
    await dropOldEvents(db, clock.now() - keptMs, keptRows);
  };
  const wrote = async (rows: number): Promise<void> => {
    for (const listener of [...listeners]) listener();
    sinceTidy += rows;
    if (sinceTidy >= tidyEveryRows) await tidy();
  };
  const stopTidying = clock.every(tidyEveryMs, () => void inTurn(tidy).catch(report));

  return {
    take: (hostId, { stream, events, lost }) =>
      inTurn(async () => {
        const known = await readEventCursor(db, hostId);
        const from = known?.stream === stream ? known.seq : 0;
        const news = events.filter(({ seq }) => seq > from);
        const last = news.at(-1);
        if (!last) return;
        const own = new Set((await serversOnHost(db, hostId)).map(({ id }) => id));
        const rows: EventRow[] = news
          .filter(({ serverId }) => serverId === undefined || own.has(serverId))
          .map(({ at, ...rest }) => ({ ...rest, at: Date.parse(at) }));
        if (lost !== undefined) rows.unshift(lostRow(lost, clock.now()));
        await insertEvents(db, hostId, rows, clock.now(), { stream, seq: last.seq });
        await wrote(rows.length);
      }),
    note(hostId, kind, text) {
      inTurn(async () => {
        // A host that was just removed goes offline too, and has nothing to be told about.
        if (!(await findHost(db, hostId))) return;
        await insertEvents(db, hostId, [{ at: clock.now(), kind, text }], clock.now());
        await wrote(1);
      }).catch(report);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      stopTidying();
      await writing;
    },
  };
}

function lostRow(lost: number, at: number): EventRow {
  const kind: KnownEventKind = 'events-lost';
  return {
    at,
    kind,
    text: `${lost} events of this host are lost: more happened than it keeps for a manager that is away`,
  };
}
