import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';

/** The checkout. */
export const root = dirname(dirname(import.meta.dirname));

/** What a command came to. */
export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program as it is published. */
export interface Program {
  /** Runs a command to its end; `input` goes to its stdin. */
  run(
    args: readonly string[],
    options?: { readonly input?: string; readonly env?: NodeJS.ProcessEnv },
  ): Promise<Outcome>;
  /** Starts a command in a process group of its own, so that Ctrl-C reaches this script alone. */
  start(args: readonly string[]): ChildProcess;
  readonly env: NodeJS.ProcessEnv;
}

/** Makes the program with a home of its own. */
export function createProgram(extra: NodeJS.ProcessEnv): Program {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('ZEDOPS_') && !name.startsWith('npm_'),
  );
  const env = { ...Object.fromEntries(inherited), ...extra };
  const command = (args: readonly string[]): string[] => ['--', join(root, 'bin/zedops.js'), ...args];
  return {
    env,
    run: (args, options = {}) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, command(args), { env: { ...env, ...options.env } });
        let stdout = '';
        let stderr = '';
        child.stdout.on('data', (chunk: Buffer) => {
          stdout += chunk.toString('utf8');
        });
        child.stderr.on('data', (chunk: Buffer) => {
          stderr += chunk.toString('utf8');
        });
        child.on('error', reject);
        child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
        child.stdin.end(options.input ?? '');
      }),
    start: (args) => spawn(process.execPath, command(args), { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] }),
  };
}

/** Ends a process this script started and waits until it has. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await ended;
  clearTimeout(late);
}

/** Asks again until the answer is true, for at most `seconds`. */
export async function until(what: string, test: () => Promise<boolean>, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await test())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
