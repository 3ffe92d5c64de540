import type { Clock } from '../../platform/clock.ts';
import { createSlots, type Slots } from '../../platform/slots.ts';
import type { LogCursor } from '../../protocol/entities/log.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { ServerRecord } from '../store/servers.ts';
import { catchUp, type PastReading, readPast } from './catch-up.ts';
import { type FanOutLimits, feedLimits, type LogReader } from './fan-out.ts';
import { type Feed, openFeed } from './feed.ts';
import type { LogRead, LogSource } from './log-source.ts';

/** The servers' logs for people: any number of viewers of one log cost its host one stream. */
export interface Feeds {
  /** Gives a viewer the past it asks for and what comes, until it leaves. Never resolves. @throws ZedopsError */
  follow(server: LoggedServer, request: LogRead, viewer: Viewer): Promise<never>;
  /** Gives a viewer the past it asks for. Resolves with where it ended. @throws ZedopsError */
  read(server: LoggedServer, request: LogRead, viewer: Viewer): Promise<LogCursor>;
  /** Ends a feed whose server's log is somewhere else from now on; its viewers come back by themselves. */
  drop(serverId: string): void;
  /** Ends a feed whose server is gone: its viewers are told why. */
  end(serverId: string, why: ZedopsError): void;
  /** How many logs are followed now. */
  count(): number;
  close(): void;
}

/** Who views a log. */
export interface Viewer {
  readonly reader: LogReader;
  /** Aborted when the viewer leaves. */
  readonly signal: AbortSignal;
}

/** What of a server its log needs. */
export type LoggedServer = Pick<ServerRecord, 'id' | 'hostId' | 'hostName'>;

/** What {@link createFeeds} is made of. */
export interface FeedsDeps {
  readonly sourceOf: (server: LoggedServer) => LogSource;
  readonly clock: Clock;
  readonly limits?: FanOutLimits;
}

/** A viewer who loses the connection is often back at once, and then finds the lines still here. */
const lingerMs = 10_000;
/** Reads of the past under way on one host. */
const readsPerHost = 16;

interface OpenFeed {
  readonly feed: Feed;
  viewers: number;
  takeBack: () => void;
}

/** Makes the feeds; none is open yet. */
export function createFeeds({ sourceOf, clock, limits = feedLimits }: FeedsDeps): Feeds {
  const open = new Map<string, OpenFeed>();
  const slotsOf = new Map<string, Slots>();

  const forget = (serverId: string, entry: OpenFeed): void => {
    entry.takeBack();
    if (open.get(serverId) === entry) open.delete(serverId);
    entry.feed.close();
  };

  const enter = (server: LoggedServer): OpenFeed => {
    const known = open.get(server.id);
    if (known) {
      known.takeBack();
      known.viewers += 1;
      return known;
    }
    const feed = openFeed({ source: sourceOf(server), limits, clock });
    const entry = { feed, viewers: 1, takeBack: () => undefined };
    open.set(server.id, entry);
    feed.failed.catch(() => forget(server.id, entry));
    return entry;
  };

  const leave = (server: LoggedServer, entry: OpenFeed): void => {
    entry.viewers -= 1;
    if (entry.viewers > 0 || open.get(server.id) !== entry) return;
    entry.takeBack = clock.after(lingerMs, () => forget(server.id, entry));
  };

  const reading = (server: LoggedServer, { reader, signal }: Viewer, isPatient: boolean): PastReading => {
    const slots = slotsOf.get(server.hostId) ?? createSlots(readsPerHost);
    slotsOf.set(server.hostId, slots);
    return { source: sourceOf(server), reader, signal, slots, viewerBytes: limits.viewerBytes, isPatient };
  };

  return {
    read: (server, request, viewer) => readPast(request, reading(server, viewer, false)),
    async follow(server, request, viewer) {
      const entry = enter(server);
      const seat = entry.feed.sit(viewer.reader);
      const done = new AbortController();
      const signal = AbortSignal.any([viewer.signal, done.signal]);
      const over = rejectedWhenAborted(signal);
      const served = async (): Promise<never> => {
        await entry.feed.begun;
        await catchUp(request, seat, reading(server, { ...viewer, signal }, true), clock);
        return over;
      };
      try {
        return await Promise.race([served(), over, seat.failed, entry.feed.failed]);
      } finally {
        done.abort();
        seat.leave();
        leave(server, entry);
      }
    },
    drop(serverId) {
      const entry = open.get(serverId);
      if (entry) forget(serverId, entry);
    },
    end(serverId, why) {
      const entry = open.get(serverId);
      entry?.feed.end(why);
      if (entry) forget(serverId, entry);
    },
    count: () => open.size,
    close() {
      for (const [serverId, entry] of [...open]) forget(serverId, entry);
    },
  };
}

function rejectedWhenAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  const end = (): void => reject(new ZedopsError('CANCELLED', 'The viewer has left'));
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  return promise;
}
