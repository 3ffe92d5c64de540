import { closeSync, fstatSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { privateFile } from '../../platform/files/atomic-file.ts';
import { createLogLines } from './log-lines.ts';
import { createOpenLine } from './open-line.ts';
import { logFile, logNumbers } from './process-log-files.ts';

/** Keeps what a game prints, as an engine would: `<time> <o|e> <text>` a line, in files of bounded size and number. */
export interface LogWriter {
  /** Takes what one read of the game's output brought. The write is done when this returns, so that a full disk is felt by the game. */
  write(isError: boolean, bytes: Buffer): void;
  /** Writes lines that never got their line feed, and closes the file. */
  close(): void;
}

/** Size of one file in bytes, and how many are kept. */
export interface LogLimits {
  readonly maxBytes: number;
  readonly files: number;
}

const feed = 0x0a;
const tailBytes = 1024 * 1024;

/** Opens the log in a folder where its last writer left it. Times only ever grow, by a nanosecond at least. */
export function openLogWriter(folder: string, { maxBytes, files }: LogLimits, now: () => number): LogWriter {
  let number = logNumbers(folder).at(-1) ?? 1;
  let file = openSync(logFile(folder, number), 'a+', privateFile);
  const { size: foundSize, lastTime } = mend(file);
  let size = foundSize;
  const nextTime = createStamps(now, lastTime);
  const lines = createLogLines(undefined);
  const open = { out: createOpenLine(), err: createOpenLine() };

  const rotate = (): void => {
    closeSync(file);
    number += 1;
    file = openSync(logFile(folder, number), 'a', privateFile);
    size = 0;
    for (const old of logNumbers(folder)) if (old <= number - files) unlinkSync(logFile(folder, old));
  };

  const flush = (): void => {
    const chunk = lines.take();
    if (!chunk) return;
    const bytes = Buffer.from(`${chunk.text}\n`);
    if (size > 0 && size + bytes.length > maxBytes) rotate();
    let written = 0;
    while (written < bytes.length) written += writeSync(file, bytes, written);
    size += bytes.length;
  };

  return {
    write(isError, bytes) {
      const line = isError ? open.err : open.out;
      let text = 0;
      for (;;) {
        const end = bytes.indexOf(feed, text);
        if (end === -1) break;
        if (line.isOpen()) {
          line.extend(bytes.subarray(text, end));
          const whole = line.close();
          lines.add(nextTime(), isError, whole, 0, whole.length);
        } else {
          lines.add(nextTime(), isError, bytes, text, end);
        }
        text = end + 1;
      }
      if (text < bytes.length) line.extend(bytes.subarray(text));
      flush();
    },
    close() {
      for (const isError of [false, true]) {
        const line = isError ? open.err : open.out;
        if (!line.isOpen()) continue;
        const rest = line.close();
        lines.add(nextTime(), isError, rest, 0, rest.length);
      }
      flush();
      closeSync(file);
    },
  };
}

/** Cuts off a line that a power cut tore, and finds the time of the last whole one. */
function mend(file: number): { readonly size: number; readonly lastTime: string } {
  const { size } = fstatSync(file);
  const tail = Buffer.alloc(Math.min(size, tailBytes));
  readSync(file, tail, 0, tail.length, size - tail.length);
  const end = tail.lastIndexOf(feed) + 1;
  if (end < tail.length) ftruncateSync(file, size - (tail.length - end));
  const start = end < 2 ? 0 : tail.lastIndexOf(feed, end - 2) + 1;
  return { size: size - (tail.length - end), lastTime: tail.toString('latin1', start, Math.min(start + 30, end)) };
}

/** Makes times of nine decimals, each later than the one before and than `last`, whatever the clock does. */
function createStamps(now: () => number, last: string): () => string {
  const parsed = Date.parse(last.slice(0, 23).concat('Z'));
  let ms = Number.isNaN(parsed) ? 0 : parsed;
  let fine = Number.isNaN(parsed) ? 0 : Number(last.slice(23, 29)) || 0;
  let prefix = new Date(ms).toISOString().slice(0, 23);
  const moveTo = (time: number): void => {
    ms = time;
    fine = 0;
    prefix = new Date(ms).toISOString().slice(0, 23);
  };
  return () => {
    const time = now();
    if (time > ms) moveTo(time);
    else if (fine < 999_999) fine += 1;
    else moveTo(ms + 1);
    return `${prefix}${String(fine).padStart(6, '0')}Z`;
  };
}
