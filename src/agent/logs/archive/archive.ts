import { readdir, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../platform/clock.ts';
import { makePrivateFolder } from '../../../platform/files/atomic-file.ts';
import type { Log } from '../../../platform/log.ts';
import { batchAfter, type LogBatch } from '../../../protocol/entities/log.ts';
import { type OpenSegment, openSegment, parseOpenName } from './open-segment.ts';
import { isStreamName, parseSegmentName, readSegment, type Segment, segmentName } from './segment.ts';

/** How much of a server's log is kept, compressed. */
export interface ArchiveLimits {
  /** Bytes on disk; 0 keeps nothing. */
  readonly bytes: number;
  /** Milliseconds; Infinity for ever. */
  readonly ageMs: number;
}

/** The limits of an agent that is told of none. */
export const usualArchiveLimits: ArchiveLimits = { bytes: 256 * 1024 * 1024, ageMs: 30 * 86_400_000 };

/** Some lines of an archive, packed or not. */
export interface ArchivePiece {
  readonly first: number;
  readonly last: number;
  /** Its lines. @throws Error where they cannot be read any more. */
  text(): Promise<string>;
}

/**
 * The past of one server's log, on disk: whatever the engine has thrown away. Nothing waits for it, and what goes wrong
 * with it costs the archive alone. It holds no number that the numbering does not have on disk, so that a number in it
 * means the same line for ever.
 */
export interface LogArchive {
  /** Takes lines that were just numbered. They wait in memory, and are in the archive after {@link flush}. */
  add(batch: LogBatch): void;
  /** Characters that wait. */
  waiting(): number;
  /** Writes what waits, up to the number `through`, which the numbering has on disk. Never rejects. */
  flush(through: number): Promise<void>;
  /** What there is of a numbering between two numbers, oldest first. */
  pieces(stream: string, first: number, last: number): readonly ArchivePiece[];
  /** The last number kept of a numbering, 0 for none; undefined while nothing can be kept. */
  last(stream: string): number | undefined;
  /** The first number kept of a numbering whose piece does not end before a time in milliseconds since 1970. */
  numberAt(stream: string, time: number): number | undefined;
  /** Closes what is open, so that all there is can be read as files. Never rejects. */
  seal(): Promise<void>;
  /** The files of what is closed of a numbering, oldest first. */
  files(stream: string): readonly { readonly name: string; readonly bytes: number }[];
  /** Removes what is beyond the limits. Never rejects. */
  prune(): Promise<void>;
}

/** What {@link openLogArchive} is made of. */
export interface LogArchiveOptions {
  /** Its own folder. */
  readonly folder: string;
  readonly limits: ArchiveLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** Text of an open segment at which it is closed. */
  readonly segmentBytes?: number;
}

const usualSegmentBytes = 4 * 1024 * 1024;
const longestOpenMs = 24 * 3_600_000;
/** Characters that may wait while the disk takes nothing; then the oldest lines are dropped. */
const mostWaiting = 16 * 1024 * 1024;

/** Opens the archive in a folder. Never rejects: one that cannot be opened is tried again with each flush. */
export async function openLogArchive(options: LogArchiveOptions): Promise<LogArchive> {
  const { folder, limits, clock, log, segmentBytes = usualSegmentBytes } = options;
  let segments: Segment[] = [];
  let current: OpenSegment | undefined;
  let waiting: LogBatch[] = [];
  let waitingSize = 0;
  let isOpen = false;
  let isFailing = false;
  let queue: Promise<void> = Promise.resolve();

  /** One thing at a time; what fails is said once, and again when it works. */
  const guarded = (task: () => Promise<void>): Promise<void> => {
    queue = queue.then(task).then(
      () => {
        if (isFailing) log.info({ folder }, 'the archive of a log is written again');
        isFailing = false;
      },
      (error: unknown) => {
        const cause = error instanceof Error ? error : undefined;
        if (!isFailing)
          log.warn({ folder, error: cause }, 'the archive of a log cannot be written; the log itself goes on');
        isFailing = true;
      },
    );
    return queue;
  };

  const find = async (): Promise<void> => {
    if (isOpen) return;
    await makePrivateFolder(folder);
    const found: Segment[] = [];
    const left: { readonly first: number; readonly stream: string; readonly name: string }[] = [];
    for (const name of await readdir(folder)) {
      const facts = parseSegmentName(name);
      const begun = parseOpenName(name);
      if (facts) found.push({ ...facts, bytes: (await stat(join(folder, name))).size });
      else if (begun) left.push({ ...begun, name });
      else if (/^\.[0-9a-f]+\.tmp$/.test(name)) await unlink(join(folder, name));
    }
    segments = found.toSorted(byTime);
    for (const { first, stream, name } of left) {
      // A kill between packing it and removing it leaves both.
      const isPacked = segments.some((segment) => segment.stream === stream && segment.first === first);
      const recovered = isPacked ? undefined : await openSegment(folder, first, stream);
      if (!recovered || recovered.next() === first) await unlink(join(folder, name));
      else await keep(recovered);
    }
    isOpen = true;
  };

  const keep = async (open: OpenSegment): Promise<void> => {
    segments = [...segments, await open.close()].toSorted(byTime);
  };

  /** It may be packed before it is read. */
  const textOf = async (open: OpenSegment): Promise<string> => {
    try {
      return await open.text();
    } catch (error) {
      const packed = segments.find(({ stream, first }) => stream === open.stream && first === open.first);
      if (packed) return readSegment(folder, packed);
      throw error;
    }
  };

  const closeCurrent = async (): Promise<void> => {
    if (!current) return;
    await keep(current);
    current = undefined;
    await removeOld();
  };

  const lastOf = (stream: string): number =>
    Math.max(
      current?.stream === stream ? current.next() - 1 : 0,
      ...segments.filter((segment) => segment.stream === stream).map(({ last }) => last),
    );

  /** Lines an agent reads again after it was killed have the numbers they had: they are there already. */
  const fresh = (batches: readonly LogBatch[]): LogBatch[] => {
    const known = new Map(batches.map(({ stream }) => [stream, 0]));
    for (const stream of known.keys()) known.set(stream, lastOf(stream));
    return batches.flatMap((batch) => batchAfter(batch, known.get(batch.stream) ?? 0) ?? []);
  };

  const write = async (batches: readonly LogBatch[]): Promise<void> => {
    for (const run of runsOf(batches)) {
      const [head] = run;
      if (!head) continue;
      const isFull = current && (current.bytes() >= segmentBytes || current.from() < clock.now() - longestOpenMs);
      if (isFull || (current && (current.stream !== head.stream || current.next() !== head.first))) {
        await closeCurrent();
      }
      current ??= await openSegment(folder, head.first, head.stream);
      await current.append(run);
      const size = run.reduce((sum, { text }) => sum + text.length, 0);
      const written = new Set(run);
      waiting = waiting.filter((batch) => !written.has(batch));
      waitingSize -= size;
    }
  };

  const removeOld = async (): Promise<void> => {
    let bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
    const oldest = clock.now() - limits.ageMs;
    while (segments[0] && (bytes > limits.bytes || segments[0].until < oldest)) {
      await rm(join(folder, segmentName(segments[0])), { force: true });
      bytes -= segments[0].bytes;
      segments = segments.slice(1);
    }
  };

  if (limits.bytes > 0) {
    await guarded(async () => {
      await find();
      await removeOld();
    });
  }
  return {
    add(batch) {
      if (limits.bytes === 0 || !isStreamName(batch.stream)) return;
      waiting.push(batch);
      waitingSize += batch.text.length;
      let dropped = 0;
      for (; waitingSize > mostWaiting && dropped < waiting.length - 1; dropped += 1) {
        waitingSize -= waiting[dropped]?.text.length ?? 0;
      }
      if (dropped > 0) waiting = waiting.slice(dropped);
    },
    waiting: () => waitingSize,
    flush: (through) =>
      waiting.length === 0
        ? queue
        : guarded(async () => {
            await find();
            const isReady = ({ first, count }: LogBatch): boolean => first + count - 1 <= through;
            const news = fresh(waiting.filter(isReady));
            waiting = [...news, ...waiting.filter((batch) => !isReady(batch))];
            waitingSize = waiting.reduce((sum, { text }) => sum + text.length, 0);
            await write(news);
          }),
    pieces(stream, first, last) {
      const packed = segments
        .filter((segment) => segment.stream === stream && segment.last >= first && segment.first <= last)
        .map((segment) => ({
          first: segment.first,
          last: segment.last,
          text: () => readSegment(folder, segment),
        }));
      const open = current;
      if (!open || open.stream !== stream || open.next() - 1 < first || open.first > last) return packed;
      const whole = { first: open.first, last: open.next() - 1, text: () => textOf(open) };
      return [...packed, whole];
    },
    last: (stream) => (isOpen ? lastOf(stream) : undefined),
    numberAt(stream, time) {
      const packed = segments.find((segment) => segment.stream === stream && segment.until >= time);
      if (packed) return packed.first;
      return current?.stream === stream && current.until() >= time ? current.first : undefined;
    },
    seal: () => guarded(closeCurrent),
    files: (stream) =>
      segments
        .filter((segment) => segment.stream === stream)
        .map((segment) => ({ name: segmentName(segment), bytes: segment.bytes })),
    prune: () => guarded(async () => removeOld()),
  };
}

function byTime(a: Segment, b: Segment): number {
  return a.from - b.from || a.first - b.first;
}

/** Cuts batches where the numbers jump. */
function runsOf(batches: readonly LogBatch[]): LogBatch[][] {
  const runs: LogBatch[][] = [];
  for (const batch of batches) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run && last && last.stream === batch.stream && last.first + last.count === batch.first) run.push(batch);
    else runs.push([batch]);
  }
  return runs;
}
