import { ZedopsError } from '../../protocol/errors.ts';
import { eventList } from '../../protocol/operations/event.ts';
import type { EventBook } from '../events/event-book.ts';
import { hostNamed, serverNamed } from '../gateway/authorize.ts';
import { handleOnManager, type Reader } from '../gateway/context.ts';
import type { Db } from '../store/database.ts';
import { type EventFilter, lastEventId, listEvents } from '../store/events.ts';

/** What the handler of events needs. */
export interface EventHandlerDeps {
  readonly db: Db;
  readonly book: Pick<EventBook, 'subscribe'>;
}

const atOnce = 500;
const mostBuffered = 1024 * 1024;

/** Handler of what happened. Who follows reads the store, so that one who reads slowly costs nothing. */
export function eventHandlers({ db, book }: EventHandlerDeps) {
  return [
    handleOnManager(eventList, async ({ server, host, since, limit, follow, after }, context) => {
      const { identity, signal, reader, progress } = context;
      const filter = {
        serverId: server === undefined ? undefined : (await serverNamed(db, identity, server)).id,
        hostId: host === undefined ? undefined : (await hostNamed(db, identity, host)).id,
        since: since === undefined ? undefined : Date.parse(since),
      };
      const list = (more: Pick<EventFilter, 'after' | 'limit'>) => listEvents(db, identity, { ...filter, ...more });
      if (!follow) return { events: limit === 0 ? [] : await list({ after, limit }) };
      if (!reader) {
        throw new ZedopsError('UNSUPPORTED', 'Events cannot be followed over HTTP', {
          hint: 'connect to /client instead',
        });
      }
      const news = createBell(book, signal);
      // Everything up to here is the past, of which `limit` is wanted; what is written meanwhile is news.
      let last = after ?? (await lastEventId(db));
      if (after === undefined) {
        const past = limit === 0 ? [] : (await list({ limit })).filter(({ id }) => id <= last);
        // Also an empty one: it says that the request was taken.
        progress({ events: past, last });
      }
      while (!signal.aborted) {
        const events = await list({ after: last, limit: atOnce });
        last = events.at(-1)?.id ?? last;
        if (events.length > 0) progress({ events, last });
        await settled(reader);
        if (events.length < atOnce) await news.rung();
      }
      return { events: [] };
    }),
  ];
}

async function settled(reader: Reader): Promise<void> {
  if (reader.buffered() > mostBuffered) await reader.drained();
}

/** Remembers that it was rung until someone asks, so that nothing written between two looks is missed. */
function createBell(book: Pick<EventBook, 'subscribe'>, signal: AbortSignal): { rung(): Promise<void> } {
  let isRung = false;
  let wake: () => void = () => undefined;
  const ring = (): void => {
    isRung = true;
    wake();
  };
  const unsubscribe = book.subscribe(ring);
  signal.addEventListener('abort', () => {
    unsubscribe();
    ring();
  });
  return {
    async rung() {
      if (!isRung) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      isRung = false;
    },
  };
}
