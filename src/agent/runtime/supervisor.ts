/**
 * Runs one game without a container: `node supervisor.js <folder>`. It outlives the agent that started it, writes the
 * game's output to the folder's log and its end to the folder's run file, and ends with the game.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { isoTime, pause, systemClock } from '../../platform/clock.ts';
import { lockFolder } from '../../platform/files/folder-lock.ts';
import { type ProcessRecord, type ProcessRun, readRecord, writeRun } from './process-files.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';
import { openLogWriter } from './process-log-writer.ts';

type Game = ChildProcessByStdio<null, Readable, Readable>;

/** What the game started and left behind gets this long to end by itself. */
const leftoversMs = 5_000;

async function supervise(folder: string): Promise<void> {
  const record = await readRecord(folder);
  if (!record) throw new Error(`${folder} holds no process`);
  await lockFolder(folder, 'supervisor');
  const game = await launch(record);
  const ended = new Promise<number>((resolve) => {
    game.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
  const drained = new Promise<void>((resolve) => {
    game.once('close', () => resolve());
  });
  const closeLog = keepOutput(folder, record, game);
  // A host that shuts down tells everybody to end. The game decides how; its supervisor stays to see it.
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => signalGroup(game, 'SIGTERM'));

  const run: ProcessRun = {
    supervisor: await identityOf(process.pid),
    game: await identityOf(game.pid),
    startedAt: isoTime(systemClock.now()),
  };
  try {
    await writeRun(folder, run);
  } catch (error) {
    // Nobody would know of this game. It has only just begun, so nothing is lost.
    signalGroup(game, 'SIGKILL');
    throw error;
  }
  say({ started: true });

  const exitCode = await ended;
  const finishedAt = isoTime(systemClock.now());
  // As when a container's first process ends: what it left behind ends with it.
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    signalGroup(game, name);
    await Promise.race([drained, pause(systemClock, leftoversMs)]);
  }
  closeLog();
  await writeRun(folder, { ...run, finishedAt, exitCode });
}

async function launch({ command, cwd, env, ownerOf }: ProcessRecord): Promise<Game> {
  const [program = '', ...args] = command;
  const { uid, gid } = await stat(ownerOf);
  const game = spawn(program, args, {
    cwd,
    env,
    // A process group of its own, so that a launcher script and what it launched are told to end together.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // What a game writes must belong to whom its folders belong to, or the next start in a container cannot.
    ...(process.getuid?.() === 0 ? { uid, gid } : {}),
  });
  await new Promise((resolve, reject) => {
    game.once('spawn', resolve);
    game.once('error', reject);
  });
  return game;
}

/** Writes what the game prints. Where that fails, as on a full disk, the game goes on and the lines are lost. */
function keepOutput(folder: string, { log }: ProcessRecord, game: Game): () => void {
  const writer = openLogWriter(folder, log, () => systemClock.now());
  let isFailing = false;
  const attempt = (write: () => void): void => {
    try {
      write();
      isFailing = false;
    } catch (error) {
      if (!isFailing) complain(error);
      isFailing = true;
    }
  };
  game.stdout.on('data', (bytes: Buffer) => attempt(() => writer.write(false, bytes)));
  game.stderr.on('data', (bytes: Buffer) => attempt(() => writer.write(true, bytes)));
  return () => attempt(() => writer.close());
}

/** The identity of a process; of one that is gone already, one that no process has. */
async function identityOf(pid: number | undefined): Promise<ProcessIdentity> {
  const identity = pid === undefined ? undefined : await identify(pid);
  return identity ?? { boot: 'gone', pid: pid ?? 1, started: 'gone' };
}

function signalGroup({ pid }: Game, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    // ESRCH: the whole group is gone, which is what a signal would have been for.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) complain(error);
  }
}

/** Tells the agent that waits for the start, if it is still there. */
function say(word: { readonly started: true } | { readonly error: string }): void {
  process.stdout.write(`${JSON.stringify(word)}\n`);
}

function complain(error: unknown): void {
  process.stderr.write(`${isoTime(systemClock.now())} ${error instanceof Error ? error.message : String(error)}\n`);
}

// The agent may go away at any time, and the pipe to it with it.
process.stdout.on('error', complain);
try {
  await supervise(process.argv[2] ?? '');
  process.exit(0);
} catch (error) {
  complain(error);
  say({ error: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
