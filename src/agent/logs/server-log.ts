import type { LogBatch, LogCursor, LogItem } from '../../protocol/entities/log.ts';
import type { LogChunk, LogPosition, Runtime } from '../runtime/runtime.ts';
import type { LogArchive } from './archive/archive.ts';
import { readArchive } from './archive/read-archive.ts';
import type { MaskSecrets } from './mask.ts';
import type { LogHole, Numbering } from './numbering.ts';
import { createLogRing } from './ring.ts';

/** What a reader of a server's log asks for. */
export interface LogRead {
  readonly follow: boolean;
  readonly tail?: number | undefined;
  /** RFC 3339, UTC. */
  readonly since?: string | undefined;
  readonly after?: LogCursor | undefined;
  /** Number of the last line wanted. */
  readonly through?: number | undefined;
  readonly signal: AbortSignal;
}

/** Takes what a reader is given. While a promise it returned is pending, the reader gets nothing more. */
export type LogSink = (item: LogItem) => Promise<void> | undefined;

/** The output of one server, numbered: what the engine still has of it, and what comes. */
export interface ServerLog {
  readonly numbering: Numbering;
  /** Adds lines that were just read from a container. A promise while a reader who keeps up needs time. */
  append(containerId: string, chunk: LogChunk): Promise<void> | undefined;
  /**
   * Where reading of a container goes on after an interruption; undefined: from its first line. Where the engine has
   * dropped the line that was read last, an unknown number of lines is lost, and every reader will be told.
   */
  resumePlace(containerId: string, signal: AbortSignal): Promise<LogPosition | undefined>;
  /** Gives a reader what it asked for, each line once and in order. Resolves with where it ended. */
  read(request: LogRead, sink: LogSink): Promise<LogCursor>;
  /** Says which container's output the engine has now. */
  use(containerId: string | undefined): void;
}

/** What a {@link ServerLog} is made of. */
export interface ServerLogOptions {
  readonly numbering: Numbering;
  readonly runtime: Pick<Runtime, 'logs'>;
  readonly mask: MaskSecrets;
  /** What the engine no longer has; without it that is lost. */
  readonly archive?: Pick<LogArchive, 'add' | 'pieces' | 'numberAt'>;
}

const ringLimits = { maxBytes: 1024 * 1024, maxLines: 8192 };
const longestWaitMs = 2_000;

/** Makes the log of one server. */
export function createServerLog({ numbering, runtime, mask, archive }: ServerLogOptions): ServerLog {
  const ring = createLogRing(numbering.next(), ringLimits);
  const waiting = new Set<() => void>();
  /** Numbers that attached readers will ask for next: the ring should not drop what they have not had. */
  const attached = new Set<{ next: number }>();
  const caughtUp = new Set<() => void>();
  let container: string | undefined;

  const wake = (): void => {
    for (const resume of waiting) resume();
    waiting.clear();
  };

  const changed = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });

  const lags = (): boolean =>
    [...attached].some((reader) => reader.next < ring.first() + (ring.next() - ring.first()) / 2);

  /** Waits, for a short while at most, until readers have had the older half of the ring. */
  const settle = (): Promise<void> | undefined => {
    if (ring.next() - ring.first() < ringLimits.maxLines / 2 || !lags()) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        caughtUp.delete(done);
        resolve();
      };
      const timer = setTimeout(done, longestWaitMs);
      caughtUp.add(done);
    });
  };

  const gap = (hole: LogHole): LogItem => ({
    kind: 'gap',
    stream: numbering.stream,
    through: hole.last,
    ...(hole.count === undefined ? {} : { count: hole.count }),
    reason: 'rotated',
  });

  /** Gives what the engine does not have: from the archive, with a gap for each line that is not there either. */
  const giveOld = async (first: number, last: number, signal: AbortSignal, sink: LogSink): Promise<void> => {
    const miss = (from: number, to: number) => sink(gap({ first: from, last: to, count: to - from + 1 }));
    if (archive) await readArchive(archive, { stream: numbering.stream, first, last, signal, give: sink, miss });
    else await miss(first, last);
  };

  /** Reads lines `from`..`through` back, from the engine where it has them. Resolves with the number after the last. */
  const readBack = async (from: number, through: number, read: LogRead, sink: LogSink): Promise<number> => {
    if (container === undefined) {
      await giveOld(from, through, read.signal, sink);
      return through + 1;
    }
    const { before, after } = numbering.around(container, from - 1);
    const lines = await findStart(container, before, after, read.signal);
    let next = from;
    if (lines === undefined || lines.first > through) {
      await giveOld(from, through, read.signal, sink);
      return through + 1;
    }
    if (lines.first > from) {
      await giveOld(from, lines.first - 1, read.signal, sink);
      next = lines.first;
    }
    let number = lines.first;
    const ended = new AbortController();
    const signal = AbortSignal.any([read.signal, ended.signal]);
    const request = { ...(lines.position ? { after: lines.position } : {}), follow: false, signal };
    await runtime.logs(container, request, async (chunk) => {
      if (number > through) return;
      const batch = wanted(numbered(chunk, number), next, through);
      number += chunk.count;
      if (batch) {
        await sink(batch);
        next = batch.first + batch.count;
      }
      if (number > through) ended.abort();
    });
    if (next <= through && !read.signal.aborted) {
      await giveOld(next, through, read.signal, sink);
      return through + 1;
    }
    return next;
  };

  /**
   * Finds where to read the engine's log so that the first line read has a known number. The engine may have dropped
   * its oldest lines; then the lines up to the next mark are counted to learn the number of the first one left.
   */
  const findStart = async (
    id: string,
    before: { readonly seq: number; readonly position: LogPosition } | undefined,
    after: { readonly seq: number; readonly position: LogPosition } | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly first: number; readonly position?: LogPosition } | undefined> => {
    if (before && (await isThere(id, before.position, signal))) {
      return { first: before.seq + 1, position: before.position };
    }
    if (!after) return undefined;
    const count = await countThrough(id, after.position, signal);
    return count === undefined ? undefined : { first: after.seq - count + 1 };
  };

  const isThere = async (id: string, position: LogPosition, signal: AbortSignal): Promise<boolean> => {
    let first: string | undefined;
    const ended = new AbortController();
    const request = { after: justBefore(position), follow: false, signal: AbortSignal.any([signal, ended.signal]) };
    await runtime.logs(id, request, (chunk) => {
      first ??= timeOf(chunk.text);
      ended.abort();
      return undefined;
    });
    return first === position.time;
  };

  const countThrough = async (id: string, position: LogPosition, signal: AbortSignal): Promise<number | undefined> => {
    let count = 0;
    let found = false;
    let sameTime = 0;
    const ended = new AbortController();
    const request = { follow: false, signal: AbortSignal.any([signal, ended.signal]) };
    await runtime.logs(id, request, (chunk) => {
      for (const line of chunk.text.split('\n')) {
        if (found) return undefined;
        count += 1;
        if (timeOf(line) === position.time) sameTime += 1;
        if (sameTime === position.nth) {
          found = true;
          ended.abort();
        }
      }
      return undefined;
    });
    return found ? count : undefined;
  };

  const numbered = (chunk: LogChunk, first: number): LogBatch => ({
    kind: 'lines',
    stream: numbering.stream,
    first,
    count: chunk.count,
    text: mask(chunk.text),
  });

  const startOf = ({ after, tail, since }: LogRead): number => {
    if (after && after.stream === numbering.stream) return Math.min(after.seq + 1, ring.next());
    if (tail !== undefined) return Math.max(1, numbering.back(ring.next(), tail));
    if (since === undefined) return 1;
    const mark = container === undefined ? undefined : numbering.beforeTime(container, nanoseconds(since));
    return mark ? mark.seq + 1 : (archive?.numberAt(numbering.stream, Date.parse(since)) ?? 1);
  };

  return {
    numbering,
    use(containerId) {
      container = containerId;
    },
    append(containerId, chunk) {
      container = containerId;
      const batch = numbered(chunk, numbering.take(containerId, chunk.count, chunk.position));
      ring.push(batch);
      archive?.add(batch);
      wake();
      return settle();
    },
    async resumePlace(containerId, signal) {
      const latest = numbering.latest(containerId);
      if (!latest) return undefined;
      if (await isThere(containerId, latest.position, signal)) return latest.position;
      if (!signal.aborted) {
        numbering.lose(undefined);
        wake();
      }
      return undefined;
    },
    async read(request, sink) {
      const { signal, since } = request;
      let next = startOf(request);
      if (request.after && request.after.stream !== numbering.stream) {
        await sink({ kind: 'gap', stream: numbering.stream, through: next - 1, reason: 'restarted-numbering' });
      }
      const give: LogSink = since === undefined ? sink : sinceTime(nanoseconds(since), sink);
      const last = request.through ?? (request.follow ? Number.POSITIVE_INFINITY : numbering.next() - 1);
      const place = { next };
      let opening = request.after === undefined;
      while (!signal.aborted && next <= last) {
        const hole = numbering.holeAt(next);
        if (hole) {
          if (!opening) await give(gap(hole));
          next = hole.last + 1;
        } else {
          const batch = ring.from(next);
          if (batch) {
            const cut = wanted(batch, next, last);
            if (!cut) break;
            place.next = cut.first + cut.count;
            await give(cut);
            next = place.next;
          } else if (next < ring.first() && ring.first() > 1) {
            attached.delete(place);
            next = await readBack(
              next,
              Math.min(ring.first() - 1, last, numbering.nextHole(next) - 1),
              request,
              opening ? withoutLeadingGap(give) : give,
            );
          } else {
            attached.add(place);
            await changed(signal);
          }
        }
        opening = false;
        if (caughtUp.size > 0 && !lags()) for (const resume of caughtUp) resume();
      }
      attached.delete(place);
      return { stream: numbering.stream, seq: next - 1 };
    },
  };
}

/** Drops what a reader who names no place need not hear: that lines before the first one left are gone. */
function withoutLeadingGap(sink: LogSink): LogSink {
  let begun = false;
  return (item) => {
    if (item.kind === 'gap' && !begun) return undefined;
    begun = true;
    return sink(item);
  };
}

/** Lets lines pass from the first that is not older than `time`. */
function sinceTime(time: string, sink: LogSink): LogSink {
  let begun = false;
  return (item) => {
    if (item.kind !== 'lines' || begun) return sink(item);
    const lines = item.text.split('\n');
    const start = lines.findIndex((line) => timeOf(line) >= time);
    if (start === -1) return undefined;
    begun = true;
    return sink({ ...item, first: item.first + start, count: item.count - start, text: lines.slice(start).join('\n') });
  };
}

/** The part of a batch with numbers `from`..`through`. */
function wanted(batch: LogBatch, from: number, through: number): LogBatch | undefined {
  const skip = Math.max(0, from - batch.first);
  const keep = Math.min(batch.count, through - batch.first + 1);
  if (skip === 0 && keep === batch.count) return batch;
  if (skip >= keep) return undefined;
  const text = batch.text.split('\n').slice(skip, keep).join('\n');
  return { ...batch, first: batch.first + skip, count: keep - skip, text };
}

function timeOf(line: string): string {
  return line.slice(0, line.indexOf(' '));
}

/** The place before a line, so that reading after it gives that line again. */
function justBefore(position: LogPosition): LogPosition {
  return { time: position.time, nth: position.nth - 1 };
}

/** Pads a time to nine decimals, so that times compare as text. */
export function nanoseconds(time: string): string {
  const [seconds = time, fraction = ''] = time.replace(/Z$/, '').split('.');
  return `${seconds}.${fraction.padEnd(9, '0')}Z`;
}
