import { type Clock, isoTime } from '../../platform/clock.ts';
import { originOf } from '../spec/spec-build.ts';
import { type ProcessRecord, type ProcessRun, readRecord, readRun, writeRun } from './process-files.ts';
import { isAlive } from './process-identity.ts';
import type { RuntimeContainer } from './runtime.ts';

/** A process as it is now. */
export interface ProcessLook {
  readonly record: ProcessRecord;
  /** The newest run; absent before the first. */
  readonly run: ProcessRun | undefined;
  readonly container: RuntimeContainer;
}

/**
 * Looks at a process: its files, and whether what they name still runs. A game whose supervisor was killed runs on and is
 * shown as running: killing it would take the world from players. Its output is lost from then on, and how it ended can
 * not be known, so its exit code is absent.
 */
export async function lookAtProcess(folder: string, id: string, clock: Clock): Promise<ProcessLook | undefined> {
  const record = await readRecord(folder);
  if (!record) return undefined;
  const run = await settledRun(folder, clock);
  const isUp = run !== undefined && run.finishedAt === undefined;
  return {
    record,
    run,
    container: {
      id,
      name: record.name,
      image: record.image,
      serverId: record.serverId,
      ...originOf(record.labels),
      status: run === undefined ? 'created' : isUp ? 'running' : 'exited',
      ...(run === undefined ? {} : { startedAt: run.startedAt }),
      ...(run?.finishedAt === undefined ? {} : { finishedAt: run.finishedAt }),
      ...(run?.exitCode === undefined ? {} : { exitCode: run.exitCode }),
      ...(isUp ? { address: '127.0.0.1', pid: run.game.pid } : {}),
    },
  };
}

/** The newest run, ended here where nobody else can: its supervisor and its game are both gone. */
async function settledRun(folder: string, clock: Clock): Promise<ProcessRun | undefined> {
  const run = await readRun(folder);
  if (!run || run.finishedAt !== undefined) return run;
  if ((await isAlive(run.supervisor)) || (await isAlive(run.game))) return run;
  // The supervisor may have written the end between the two looks.
  const again = await readRun(folder);
  if (!again || again.finishedAt !== undefined || again.startedAt !== run.startedAt) return again;
  const ended = { ...run, finishedAt: isoTime(clock.now()) };
  await writeRun(folder, ended);
  return ended;
}
