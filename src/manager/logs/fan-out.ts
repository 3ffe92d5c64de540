import {
  batchAfter,
  type LogBatch,
  type LogCursor,
  type LogGap,
  type LogItem,
  type LogNotice,
} from '../../protocol/entities/log.ts';
import { type EncodedData, encodeData } from '../../protocol/frame.ts';
import { createFeedRing, joined, lastOf, type RingLimits } from './feed-ring.ts';
import type { LogRead } from './log-source.ts';

/** Where one viewer's lines go. */
export interface LogReader {
  send(item: LogItem): void;
  sendEncoded(data: EncodedData): void;
  /** Bytes that have not left this process yet. */
  buffered(): number;
  /** Resolves when they have, or the viewer is gone. */
  drained(): Promise<void>;
}

/** One viewer's place at a feed. */
export interface Seat {
  /** Where the past that the viewer asks for begins, if all of it is at hand; the number before its first line. */
  placeOf(request: LogRead): LogCursor | undefined;
  /**
   * Gives the viewer what came after the cursor, and from now on what comes. `behind`: some of it is not at hand any
   * more. `elsewhere`: the feed has other numbers.
   */
  join(cursor: LogCursor): 'joined' | 'behind' | 'elsewhere';
  /** As {@link join}, with a gap for what is not at hand. */
  joinWithGap(cursor: LogCursor): void;
  /** Rejects when this viewer cannot be served. */
  readonly failed: Promise<never>;
  leave(): void;
}

/** Gives what comes from one source to any number of viewers: each line once and in order, or a gap in its place. */
export interface FanOut {
  /** Takes what came; viewers get what one turn of the event loop brings, joined. What came before is dropped. */
  take(item: LogItem): void;
  /** Says that the feed has begun, and what its last number was then. */
  begin(cursor: LogCursor): void;
  /** The last number taken; undefined until there is one. */
  last(): LogCursor | undefined;
  seat(reader: LogReader): Seat;
  /** Tells all viewers, also those who still read the past. */
  tell(notice: LogNotice['notice']): void;
  close(): void;
}

/** How much a feed keeps. */
export interface FanOutLimits {
  readonly ring: RingLimits;
  /** Bytes that may wait for one viewer; one that leaves more gets a gap in place of what comes meanwhile. */
  readonly viewerBytes: number;
}

/** The limits of a real manager. */
export const feedLimits: FanOutLimits = {
  ring: { lines: 1000, characters: 1024 * 1024 },
  viewerBytes: 4 * 1024 * 1024,
};

interface SeatState {
  readonly reader: LogReader;
  readonly fail: (error: unknown) => void;
  state: 'away' | 'live' | 'lagging' | 'left';
  /** The last number the viewer has. */
  at: LogCursor;
  knowsLive: boolean;
}

/** Makes the fan-out of one feed. */
export function createFanOut(limits: FanOutLimits): FanOut {
  const ring = createFeedRing(limits.ring);
  const seats = new Set<SeatState>();
  let taken: LogCursor | undefined;
  let hasBegun = false;
  let waiting: (LogBatch | LogGap)[] = [];
  let turn: NodeJS.Immediate | undefined;

  const guarded = (seat: SeatState, task: () => void): void => {
    try {
      task();
    } catch (error) {
      seat.state = 'left';
      seats.delete(seat);
      seat.fail(error);
    }
  };

  const lag = (seat: SeatState): void => {
    seat.state = 'lagging';
    seat.reader.drained().then(() => {
      if (seat.state === 'lagging') guarded(seat, () => resume(seat));
    }, seat.fail);
  };

  /** Goes on with what the ring has, after a gap where that begins later than what the viewer has. */
  const resume = (seat: SeatState): void => {
    const { reader } = seat;
    if (reader.buffered() > limits.viewerBytes) {
      lag(seat);
      return;
    }
    const last = ring.last();
    if (!last) return;
    const before = ring.first() - 1;
    if (seat.at.stream !== last.stream) {
      reader.send({ kind: 'gap', stream: last.stream, through: before, reason: 'restarted-numbering' });
      seat.at = { stream: last.stream, seq: before };
    } else if (seat.at.seq < before) {
      const count = before - seat.at.seq;
      reader.send({ kind: 'gap', stream: last.stream, through: before, count, reason: 'slow-reader' });
      seat.at = { stream: last.stream, seq: before };
    }
    if (seat.at.seq < last.seq) {
      for (const piece of ring.from(seat.at.seq + 1)) reader.sendEncoded(piece);
      seat.at = last;
    }
    seat.state = 'live';
    if (!seat.knowsLive) reader.send({ kind: 'notice', notice: 'live' });
    seat.knowsLive = true;
  };

  const deliver = (seat: SeatState, item: LogBatch | LogGap, encoded: () => EncodedData): void => {
    const { reader, at } = seat;
    const isSame = at.stream === item.stream;
    const last = lastOf(item);
    if (isSame && last <= at.seq) return;
    if (reader.buffered() > limits.viewerBytes) {
      lag(seat);
      return;
    }
    // A viewer that has read the past itself may be ahead of the feed by some lines.
    const rest = isSame && item.kind === 'lines' && item.first <= at.seq ? batchAfter(item, at.seq) : undefined;
    if (rest) reader.send(rest);
    else reader.sendEncoded(encoded());
    seat.at = { stream: item.stream, seq: last };
  };

  const flush = (): void => {
    clearImmediate(turn);
    turn = undefined;
    const items = joined(waiting);
    waiting = [];
    for (const item of items) {
      const before = ring.last();
      const isRestart = before !== undefined && before.stream !== item.stream;
      // What is from before a new numbering cannot be compared with what comes.
      if (isRestart)
        ring.restart({ stream: item.stream, seq: item.kind === 'gap' ? item.through : item.first - 1 }, false);
      const first = item.kind === 'lines' ? item.first : (before?.seq ?? item.through) + 1;
      if (!isRestart || item.kind === 'lines') ring.push({ item, first, last: lastOf(item) });
      let data: EncodedData | undefined;
      const encoded = (): EncodedData => {
        data ??= encodeData(item);
        return data;
      };
      for (const seat of [...seats]) if (seat.state === 'live') guarded(seat, () => deliver(seat, item, encoded));
    }
  };

  const wait = (item: LogBatch | LogGap, last: number): void => {
    waiting.push(item);
    taken = { stream: item.stream, seq: last };
    turn ??= setImmediate(flush);
  };

  const takeLines = (batch: LogBatch): void => {
    const known = taken;
    const isSame = known !== undefined && known.stream === batch.stream;
    const rest = isSame ? batchAfter(batch, known.seq) : batch;
    if (!rest) return;
    const missing = isSame ? rest.first - known.seq - 1 : 0;
    if (missing > 0) {
      const through = rest.first - 1;
      wait({ kind: 'gap', stream: rest.stream, through, count: missing, reason: 'rotated' }, through);
    } else if (known && !isSame) {
      const through = rest.first - 1;
      wait({ kind: 'gap', stream: rest.stream, through, reason: 'restarted-numbering' }, through);
    }
    wait(rest, rest.first + rest.count - 1);
  };

  return {
    last: () => taken,
    take(item) {
      if (item.kind === 'lines') takeLines(item);
      else if (item.kind === 'gap' && !(taken?.stream === item.stream && item.through <= taken.seq)) {
        wait(item, item.through);
      }
    },
    begin(cursor) {
      flush();
      const last = ring.last();
      if (last?.stream !== cursor.stream || last.seq < cursor.seq) ring.restart(cursor, last === undefined);
      taken = ring.last();
      hasBegun = true;
    },
    tell(notice) {
      flush();
      for (const seat of [...seats]) guarded(seat, () => seat.reader.send({ kind: 'notice', notice }));
    },
    close() {
      clearImmediate(turn);
      for (const seat of seats) seat.state = 'left';
      seats.clear();
    },
    seat(reader) {
      const { promise: failed, reject: fail } = Promise.withResolvers<never>();
      // Who waits for it hears of it; nobody has to.
      failed.catch(() => undefined);
      const seat: SeatState = { reader, fail, state: 'away', at: { stream: '', seq: 0 }, knowsLive: false };
      seats.add(seat);
      const takePlace = (cursor: LogCursor): void => {
        if (seat.state === 'left') return;
        seat.at = cursor;
        guarded(seat, () => resume(seat));
      };
      return {
        failed,
        placeOf({ after, tail, since }) {
          const last = ring.last();
          if (!last || !hasBegun || since !== undefined) return undefined;
          if (after) return after.stream === last.stream && after.seq + 1 >= ring.first() ? after : undefined;
          if (tail === undefined) return undefined;
          const before = Math.max(0, last.seq - tail);
          if (before + 1 >= ring.first()) return { stream: last.stream, seq: before };
          // The ring was filled with the last lines there were, so that before its first there are none.
          const isAll = ring.isWhole() && tail <= limits.ring.lines;
          return isAll ? { stream: last.stream, seq: ring.first() - 1 } : undefined;
        },
        join(cursor) {
          const last = ring.last();
          if (!hasBegun || last?.stream !== cursor.stream) return 'elsewhere';
          if (cursor.seq + 1 < ring.first()) return 'behind';
          takePlace(cursor);
          return 'joined';
        },
        joinWithGap: takePlace,
        leave() {
          seat.state = 'left';
          seats.delete(seat);
        },
      };
    },
  };
}
