import { type Clock, pause } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { agentEvents } from '../../protocol/operations/event.ts';
import type { HostLink, Hub } from '../hosts/hub.ts';
import type { Db } from '../store/database.ts';
import { readEventCursor } from '../store/events.ts';
import type { EventBatch, EventBook } from './event-book.ts';

/** What {@link createEventWatch} is made of. */
export interface EventWatchDeps {
  readonly db: Db;
  readonly book: EventBook;
  readonly clock: Clock;
  readonly log: Log;
}

/** Reads the events of hosts that are online. */
export interface EventWatch {
  /** Begins with a host, after the last event it has told; ends with the signal. */
  begin(link: HostLink, signal: AbortSignal): void;
}

const retryMs = 5_000;
/** Batches that wait to be written; a host that sends more is asked again later, from where it was. */
const mostWaiting = 50;

/** Makes the watch. A host whose events cannot be written is asked again from the last one that was. */
export function createEventWatch({ db, book, clock, log }: EventWatchDeps): EventWatch {
  const round = async (link: HostLink, signal: AbortSignal): Promise<void> => {
    const broken = new AbortController();
    let waiting = 0;
    const take = async (batch: EventBatch): Promise<void> => {
      waiting += 1;
      if (waiting > mostWaiting) broken.abort(new Error('it sends events faster than they can be written'));
      try {
        if (!broken.signal.aborted) await book.take(link.hostId, batch);
      } catch (error) {
        broken.abort(error);
      } finally {
        waiting -= 1;
      }
    };
    const after = await readEventCursor(db, link.hostId);
    await link.request(
      agentEvents,
      { ...(after === undefined ? {} : { after }) },
      { signal: AbortSignal.any([signal, broken.signal]), onProgress: (batch) => void take(batch) },
    );
  };

  const run = async (link: HostLink, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        await round(link, signal);
      } catch (error) {
        if (signal.aborted) return;
        const cause = error instanceof Error ? error : undefined;
        log.warn({ host: link.hostName, error: cause }, 'reading the events of a host broke off; trying again');
      }
      await pause(clock, retryMs, signal);
    }
  };

  return {
    begin(link, signal) {
      if (!link.knows(agentEvents.subject)) return;
      void run(link, signal);
    },
  };
}

/** Notes when hosts come online and go offline. The returned function ends that. */
export function notePresence(hub: Pick<Hub, 'onPresence'>, book: Pick<EventBook, 'note'>): () => void {
  const online = new Set<string>();
  return hub.onPresence((hostId, isOnline) => {
    // A connection that takes the place of another one is no news.
    if (online.has(hostId) === isOnline) return;
    if (isOnline) online.add(hostId);
    else online.delete(hostId);
    book.note(
      hostId,
      isOnline ? 'host-online' : 'host-offline',
      isOnline ? 'the host is online' : 'the host is offline',
    );
  });
}
