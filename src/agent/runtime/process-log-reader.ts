import { watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type Clock, pause } from '../../platform/clock.ts';
import { isMissing } from '../../platform/files/atomic-file.ts';
import { logFile, logNumbers } from './process-log-files.ts';
import type { LogChunk, LogPosition, LogRequest } from './runtime.ts';

/** What {@link readProcessLog} needs besides the request. */
export interface ProcessLogSource {
  readonly folder: string;
  readonly clock: Clock;
  /** Says whether the process has ended, or never began: no more output comes. */
  readonly hasEnded: () => Promise<boolean>;
}

const feed = 0x0a;
const space = 0x20;
const firstReadBytes = 256 * 1024;
const longestTimeBytes = 30;
/** The longest a new line goes unseen where the file system tells of no changes. */
const lookAgainMs = 250;

/** Reads a process's log from a place on. Times only grow within it, so a place is found by its time alone. */
export async function readProcessLog(
  { folder, clock, hasEnded }: ProcessLogSource,
  { after, follow, signal }: LogRequest,
  sink: (chunk: LogChunk) => undefined | Promise<void>,
): Promise<void> {
  let number = await startNumber(folder, after);
  let file = number === undefined ? undefined : await openIfThere(folder, number);
  const changes = follow ? watchFolder(folder, clock, signal) : undefined;
  const cut = createCutter(after);
  let offset = 0;
  try {
    for (;;) {
      if (signal.aborted) return;
      // Asked before reading: what is read to its end after the answer is all there is.
      const isLast = !follow || (await hasEnded());
      const seen = changes?.count();
      const next = logNumbers(folder).find((candidate) => candidate > (number ?? 0));
      for (;;) {
        const lines = file && (await readLines(file, offset));
        if (!lines || signal.aborted) break;
        offset += lines.length;
        const chunk = cut(lines);
        if (chunk) await sink(chunk);
      }
      if (signal.aborted) return;
      if (next !== undefined) {
        await file?.close();
        number = next;
        offset = 0;
        file = await openIfThere(folder, next);
      } else if (isLast) {
        return;
      } else {
        await changes?.since(seen ?? 0);
      }
    }
  } finally {
    changes?.close();
    await file?.close();
  }
}

/** The file to begin with: the newest that begins at or before the place, else the oldest. */
async function startNumber(folder: string, after: LogPosition | undefined): Promise<number | undefined> {
  const numbers = logNumbers(folder);
  if (after) {
    for (const number of numbers.toReversed()) {
      const time = await firstTime(folder, number);
      if (time !== undefined && time <= after.time) return number;
    }
  }
  return numbers[0];
}

async function firstTime(folder: string, number: number): Promise<string | undefined> {
  const file = await openIfThere(folder, number);
  if (!file) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(longestTimeBytes), 0, longestTimeBytes, 0);
    return bytesRead < longestTimeBytes ? undefined : buffer.toString('latin1');
  } finally {
    await file.close();
  }
}

async function openIfThere(folder: string, number: number): Promise<FileHandle | undefined> {
  try {
    return await open(logFile(folder, number), 'r');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Reads whole lines from an offset on; undefined where there is none. */
async function readLines(file: FileHandle, offset: number): Promise<Buffer | undefined> {
  for (let size = firstReadBytes; ; size *= 2) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(size), 0, size, offset);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(feed) + 1;
    if (end > 0) return buffer.subarray(0, end);
    if (bytesRead < size) return undefined;
  }
}

/** Makes what turns read lines into chunks, leaving out those up to the place. */
function createCutter(after: LogPosition | undefined): (lines: Buffer) => LogChunk | undefined {
  let target = after;
  return (lines) => {
    let start = 0;
    while (target && start < lines.length) {
      const time = timeAt(lines, start);
      const isPast = target.nth === 0 ? time >= target.time : time > target.time;
      if (isPast) target = undefined;
      else start = lines.indexOf(feed, start) + 1;
    }
    if (start >= lines.length) return undefined;
    let count = 0;
    let last = start;
    for (let at = start; at < lines.length; at = lines.indexOf(feed, at) + 1) {
      last = at;
      count += 1;
    }
    const text = lines.toString('utf8', start, lines.length - 1);
    return { count, text, position: { time: timeAt(lines, last), nth: 1 } };
  };
}

function timeAt(lines: Buffer, start: number): string {
  return lines.toString('latin1', start, lines.indexOf(space, start));
}

/** News of a folder, by the file system where it tells, else by looking again. */
interface Changes {
  count(): number;
  /** Resolves when something changed since `count` was that number. */
  since(count: number): Promise<void>;
  close(): void;
}

function watchFolder(folder: string, clock: Clock, signal: AbortSignal): Changes {
  let changes = 0;
  let woken = new AbortController();
  const watcher = watch(folder, () => {
    changes += 1;
    woken.abort();
  });
  // Without inotify, as on a host out of watches, there is still the looking again.
  watcher.on('error', () => watcher.close());
  return {
    count: () => changes,
    async since(count) {
      if (changes !== count) return;
      woken = new AbortController();
      await pause(clock, lookAgainMs, AbortSignal.any([signal, woken.signal]));
    },
    close: () => watcher.close(),
  };
}
