import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Cleaner } from './cleaner.ts';

/** A whole line of a program's output and when its last byte was read, in milliseconds since 1970 with decimals. */
export interface Arrival {
  readonly at: number;
  readonly text: string;
}

/** A program whose output is taken down with the time of its arrival. */
export interface TimedReader {
  /** Bytes read so far. */
  bytes(): number;
  /** Ends the program and resolves with every whole line it wrote. */
  end(): Promise<readonly Arrival[]>;
}

/**
 * Starts a program and notes when each piece of its output arrives. Nothing is taken apart until the end, so that reading
 * costs next to nothing while it is measured.
 */
export function startTimedReader(
  cleaner: Cleaner,
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): TimedReader {
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const toWallClock = wallClockOffset();
  const pieces: { readonly at: number; readonly bytes: Buffer }[] = [];
  let size = 0;
  let complaint = '';
  child.stdout.on('data', (bytes: Buffer) => {
    pieces.push({ at: performance.now() + toWallClock, bytes });
    size += bytes.length;
  });
  child.stderr.on('data', (bytes: Buffer) => {
    complaint = (complaint + bytes.toString('utf8')).slice(-4096);
  });
  const closed = once(child, 'close');
  const kill = cleaner.add(() => child.kill('SIGKILL'));
  return {
    bytes: () => size,
    async end() {
      if (child.exitCode !== null) throw new Error(`${file} ${args.join(' ')} ended by itself: ${complaint}`);
      child.kill('SIGINT');
      await closed;
      await kill();
      return toLines(pieces);
    },
  };
}

function toLines(pieces: readonly { readonly at: number; readonly bytes: Buffer }[]): Arrival[] {
  const lines: Arrival[] = [];
  let rest = '';
  for (const { at, bytes } of pieces) {
    // The lines measured are ASCII, so that a piece never ends within a character.
    const whole = (rest + bytes.toString('latin1')).split('\n');
    rest = whole.pop() ?? '';
    for (const text of whole) lines.push({ at, text });
  }
  return lines;
}

/** What to add to performance.now() to get the wall clock, which Date.now() alone gives in whole milliseconds. */
export function wallClockOffset(): number {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return now - performance.now();
}

/** A line of the simulator's chatter: its number, and the engine's time of its write in milliseconds since 1970. */
export interface NumberedArrival {
  readonly number: number;
  readonly writtenAt: number;
  readonly at: number;
}

/** Finds the chatter among lines, each given as text and RFC 3339 time by `read`; other lines are left out. */
export function numberedArrivals(
  arrivals: readonly Arrival[],
  read: (text: string) => { readonly time: string; readonly line: string } | undefined,
): NumberedArrival[] {
  return arrivals.flatMap(({ at, text }) => {
    const found = read(text);
    const number = found && /#(\d+)\r?$/.exec(found.line)?.[1];
    return found && number !== undefined ? [{ number: Number(number), writtenAt: preciseTime(found.time), at }] : [];
  });
}

/** Milliseconds since 1970 of a time with up to nine decimals. */
function preciseTime(time: string): number {
  const [seconds = '', fraction = '0'] = time.replace(/Z$/, '').split('.');
  return Date.parse(`${seconds}Z`) + Number(`0.${fraction}`) * 1000;
}

/** How many of the numbers `from`..`through` are missing, and how many came more than once. */
export function countFaults(
  lines: readonly NumberedArrival[],
  from: number,
  through: number,
): { readonly lost: number; readonly twice: number } {
  const seen = new Set<number>();
  let twice = 0;
  for (const { number } of lines) {
    if (number < from || number > through) continue;
    if (seen.has(number)) twice += 1;
    seen.add(number);
  }
  return { lost: through - from + 1 - seen.size, twice };
}
