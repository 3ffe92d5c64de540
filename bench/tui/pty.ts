import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { eventually } from '../../test/support/eventually.ts';
import { wallClockOffset } from '../arrivals.ts';
import type { Cleaner } from '../cleaner.ts';
import { leanEnv } from '../machine.ts';

/** Bytes as the terminal got them, and when: milliseconds since 1970 with decimals. */
export interface Piece {
  readonly at: number;
  readonly bytes: Buffer;
}

/** A program in a terminal of 200 by 50 cells, with all it writes taken down. */
export interface InPty {
  /** The program itself, not what gives it the terminal. */
  readonly pid: number;
  /** When the program was started: milliseconds since 1970 with decimals. */
  readonly startedAt: number;
  pieces(): readonly Piece[];
  /** Bytes written so far. */
  size(): number;
  /** Everything written so far. */
  text(): string;
  /** Presses keys, as a terminal sends them. */
  type(keys: string): void;
  /** Waits until what was written fits. */
  wrote(what: string, pattern: RegExp): Promise<void>;
  end(): Promise<void>;
}

/** Width of the terminal that is measured in. */
export const columns = 200;
/** Its height. */
export const rows = 50;

/** Starts a program in a terminal that script(1) makes, which hands everything on as it comes. */
export async function startInPty(
  cleaner: Cleaner,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<InPty> {
  const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const command = `stty cols ${columns} rows ${rows}; exec ${line}`;
  const toWallClock = wallClockOffset();
  const startedAt = performance.now() + toWallClock;
  const child = spawn('script', ['--quiet', '--flush', '--command', command, '/dev/null'], {
    env: leanEnv({ ...env, TERM: 'xterm-256color', SHELL: '/bin/sh' }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const pieces: Piece[] = [];
  let size = 0;
  child.stdout.on('data', (bytes: Buffer) => {
    pieces.push({ at: performance.now() + toWallClock, bytes });
    size += bytes.length;
  });
  // What is typed while the program ends goes nowhere.
  child.stdin.on('error', () => undefined);
  const closed = once(child, 'close');
  const kill = cleaner.add(() => child.kill('SIGKILL'));
  const text = (): string => Buffer.concat(pieces.map(({ bytes }) => bytes)).toString('utf8');
  const pid = await eventually(`${words[0]} to run in its terminal`, () => childOf(child.pid ?? 0));
  return {
    pid,
    startedAt,
    pieces: () => pieces,
    size: () => size,
    text,
    type: (keys) => void child.stdin.write(keys),
    async wrote(what, pattern) {
      await eventually(what, () => pattern.test(text())).catch((error: unknown) => {
        throw new Error(`it never wrote ${pattern}; it wrote: ${JSON.stringify(text().slice(-2000))}`, {
          cause: error,
        });
      });
    },
    async end() {
      process.kill(pid, 'SIGTERM');
      await closed;
      await kill();
    },
  };
}

function childOf(pid: number): number | undefined {
  const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return first === '' || first === undefined ? undefined : Number(first);
}
