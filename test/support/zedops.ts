import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { systemErrorCode } from '../../src/platform/files/atomic-file.ts';
import { gamesBelow } from './games.ts';

/** The checkout. */
export const root = join(import.meta.dirname, '../..');

/** The program as it is published. */
export const program = join(root, 'bin/zedops.js');

/** What a command came to. */
export interface Outcome {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that runs until it is told to end. */
export interface Daemon {
  readonly pid: number;
  /** Everything it has written so far. */
  output(): string;
  stderr(): string;
  /** Sends the signal and resolves with the exit code; undefined where a signal ended it. */
  end(signal?: NodeJS.Signals): Promise<number | undefined>;
  /** Resolves with the exit code when it ends by itself. */
  readonly exited: Promise<number | undefined>;
}

/** Someone at a machine: a home of their own, from which commands are run. */
export interface Place {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Runs a command that must succeed and reads its JSON. */
  json(args: readonly string[], options?: RunOptions): Promise<unknown>;
  start(args: readonly string[], options?: RunOptions): Daemon;
}

/** How a command is run. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
}

/**
 * Makes places that are taken away again by `dispose`, with every process started from them. `within` are words that go
 * before each command line, such as those that enter a namespace.
 */
export function createPlaces(within: readonly string[] = []): {
  make(env?: Readonly<Record<string, string>>): Promise<Place>;
  dispose(): Promise<void>;
} {
  const homes: string[] = [];
  const daemons = new Set<Daemon>();
  return {
    async make(extra = {}) {
      const home = await mkdtemp(join(tmpdir(), 'zedops-test-'));
      homes.push(home);
      const env = {
        PATH: process.env.PATH ?? '',
        HOME: home,
        TERM: 'dumb',
        LANG: 'C.UTF-8',
        ZEDOPS_HOME: home,
        ...extra,
      };
      const [file = process.execPath, ...first] = [...within, process.execPath];
      const spawn = (args: readonly string[], options: RunOptions = {}) =>
        execa(file, [...first, '--', program, ...args], {
          env: { ...env, ...options.env },
          extendEnv: false,
          reject: false,
          cwd: options.cwd ?? home,
          stripFinalNewline: false,
          maxBuffer: 256 * 1024 * 1024,
          ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
        });
      const place: Place = {
        home,
        env,
        async run(args, options) {
          const { exitCode, stdout, stderr } = await spawn(args, options);
          return { exitCode, stdout, stderr };
        },
        async json(args, options) {
          const { exitCode, stdout, stderr } = await place.run([...args, '--json'], options);
          if (exitCode !== 0) throw new Error(`zedops ${args.join(' ')} exited with ${exitCode}: ${stderr}`);
          return JSON.parse(stdout);
        },
        start(args, options) {
          const child = spawn(args, options);
          let stdout = '';
          let stderr = '';
          child.stdout?.on('data', (chunk: Buffer) => {
            stdout += chunk.toString('utf8');
          });
          child.stderr?.on('data', (chunk: Buffer) => {
            stderr += chunk.toString('utf8');
          });
          const exited = child.then(({ exitCode }) => {
            daemons.delete(daemon);
            return exitCode;
          });
          const daemon: Daemon = {
            pid: child.pid ?? 0,
            output: () => stdout,
            stderr: () => stderr,
            exited,
            async end(signal = 'SIGTERM') {
              child.kill(signal);
              return exited;
            },
          };
          daemons.add(daemon);
          return daemon;
        },
      };
      return place;
    },
    async dispose() {
      for (const daemon of [...daemons].reverse()) await daemon.end('SIGKILL');
      for (const pid of (await gamesBelow(homes)).flat()) killIfThere(pid);
      // What looked after a game writes down how it ended, and is gone then.
      for (const home of homes) await rm(home, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
    },
  };
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
}
