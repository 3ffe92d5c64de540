import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { type ConsoleEvent, readConsoleEvent } from '../zomboid/console/console-events.ts';
import { parseConsoleLine } from '../zomboid/console/console-line.ts';
import { runSimulator } from './main.ts';

/** A run of the simulator in a test's own process, with a folder of its own. */
export interface TestRun {
  readonly folder: string;
  readonly rconPort: number;
  /** Everything printed until now. */
  output(): string;
  /** What ZedOps reads out of the output. */
  events(): readonly ConsoleEvent[];
  /** Waits until the output matches; fails after five seconds. */
  until(wanted: RegExp): Promise<void>;
  /** Types a line into the console. */
  type(line: string): void;
  signal(name: 'SIGTERM' | 'SIGINT'): void;
  /** Closes the output under the simulator's feet: the one thing that always ends it. */
  breakOutput(): void;
  readonly exit: Promise<number>;
  readonly hasEnded: () => boolean;
  /** Ends the run if it has not ended, and removes its folder. */
  dispose(): Promise<void>;
}

/** The secrets of every test run. */
export const testSecrets = { ADMIN_PASSWORD: 'quite-secret-admin', RCON_PASSWORD: 'quite-secret-rcon' };

/** Starts a run. Game ports are any that are free; RCON listens on one that was free a moment ago. */
export async function startRun(env: Readonly<Record<string, string>> = {}, given?: string): Promise<TestRun> {
  const folder = given ?? (await mkdtemp(join(tmpdir(), 'zedops-simulator-')));
  const rconPort = Number(env.RCON_PORT ?? (await freePort()));
  const [stdin, stdout, signals] = [new PassThrough(), new PassThrough(), new EventEmitter()];
  let output = '';
  let ended = false;
  stdout.on('data', (piece: Buffer) => {
    output += piece.toString();
  });
  const defaults = {
    SERVER_DEFAULT_PORT: '0',
    SERVER_UDP_PORT: '0',
    SIM_STARTUP_SECONDS: '0',
    SIM_SAVE_FILES: '8',
    SIM_SAVE_MB: '0.1',
  };
  const exit = runSimulator({
    env: { ...testSecrets, ...defaults, SIM_SAVE_SECONDS: '0', SIM_DATA: folder, RCON_PORT: String(rconPort), ...env },
    argv: [],
    ...{ stdin, stdout, signals },
    stderr: stdout,
  }).finally(() => {
    ended = true;
  });
  return {
    folder,
    rconPort,
    exit,
    output: () => output,
    events: () => output.split('\n').flatMap((line) => readConsoleEvent(parseConsoleLine(line)) ?? []),
    async until(wanted) {
      const deadline = Date.now() + 5_000;
      while (!wanted.test(output)) {
        if (Date.now() > deadline) throw new Error(`no ${wanted} in:\n${output.slice(-2_000)}`);
        await wait(5);
      }
    },
    type: (line) => void stdin.write(`${line}\n`),
    signal: (name) => void signals.emit(name),
    breakOutput: () => void stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    hasEnded: () => ended,
    async dispose() {
      if (!ended) stdout.destroy(new Error('the test is over'));
      await exit;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A TCP port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
