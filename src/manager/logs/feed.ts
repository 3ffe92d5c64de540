import { type Clock, pause } from '../../platform/clock.ts';
import type { ZedopsError } from '../../protocol/errors.ts';
import { createFanOut, type FanOutLimits, type LogReader, type Seat } from './fan-out.ts';
import { type LogSource, mayPass } from './log-source.ts';

/** The log of one server as it is followed: one stream from its host, for all viewers. */
export interface Feed {
  /** Takes a seat, at once. */
  sit(reader: LogReader): Seat;
  /** Resolves when the feed has begun, so that viewers can meet it; rejects when it has failed. */
  readonly begun: Promise<void>;
  /** Rejects when the host refuses the log for good. */
  readonly failed: Promise<never>;
  /** Ends it for good: viewers are told why. */
  end(why: ZedopsError): void;
  close(): void;
}

/** What {@link openFeed} is made of. */
export interface FeedDeps {
  readonly source: LogSource;
  readonly limits: FanOutLimits;
  readonly clock: Clock;
}

const againMs = 1_000;

/** Opens the stream from the host, waits for the host where it is away, and goes on where it was when it is back. */
export function openFeed({ source, limits, clock }: FeedDeps): Feed {
  const fanOut = createFanOut(limits);
  const closing = new AbortController();
  const { signal } = closing;
  const beginning = Promise.withResolvers<void>();
  const failing = Promise.withResolvers<never>();
  let isAway = false;

  const waitForHost = async (): Promise<void> => {
    if (source.isThere()) return;
    isAway = true;
    fanOut.tell('host-offline');
    await source.there(signal);
    isAway = false;
    if (!signal.aborted) fanOut.tell('host-back');
  };

  /** Reads the newest lines into the ring, and then what comes. */
  const read = async (hasBegun: boolean): Promise<void> => {
    const last = fanOut.last();
    if (hasBegun && last) {
      await source.read({ follow: true, after: last }, fanOut.take, signal);
      await pause(clock, againMs, signal);
      return;
    }
    const newest = last ? { after: last } : { tail: limits.ring.lines };
    fanOut.begin(await source.read({ follow: false, ...newest }, fanOut.take, signal));
    beginning.resolve();
  };

  const run = async (): Promise<void> => {
    let hasBegun = false;
    while (!signal.aborted) {
      await waitForHost();
      if (signal.aborted) return;
      try {
        await read(hasBegun);
        hasBegun = true;
      } catch (error) {
        if (signal.aborted) return;
        if (!mayPass(error)) throw error;
      }
    }
  };

  beginning.promise.catch(() => undefined);
  failing.promise.catch(() => undefined);
  run().catch((error: unknown) => {
    beginning.reject(error);
    failing.reject(error);
    fanOut.close();
  });

  return {
    begun: beginning.promise,
    failed: failing.promise,
    sit(reader) {
      if (isAway) reader.send({ kind: 'notice', notice: 'host-offline' });
      return fanOut.seat(reader);
    },
    end(why) {
      beginning.reject(why);
      failing.reject(why);
      closing.abort();
    },
    close() {
      closing.abort();
      fanOut.close();
    },
  };
}
