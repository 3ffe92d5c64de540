import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, pause } from '../../platform/clock.ts';
import { makePrivateFolder, systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { boundTo } from './bound.ts';
import { type ProcessForm, processRecord } from './process-command.ts';
import { writeRecord } from './process-files.ts';
import { isAlive } from './process-identity.ts';
import { checkPortsFree, launchSupervisor, supervisorPath } from './process-launch.ts';
import { readProcessLog } from './process-log-reader.ts';
import { lookAtProcess, type ProcessLook } from './process-look.ts';
import { createProcessUsage } from './process-usage.ts';
import { watchProcesses } from './process-watch.ts';
import type { Runtime } from './runtime.ts';

/** What {@link createProcessRuntime} is made of. */
export interface ProcessRuntimeOptions {
  /** Where it keeps what it runs: a folder per process. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  /** How the game of a template is run; undefined for one that only runs in a container. */
  readonly processCommand: (template: string) => ProcessForm | undefined;
  /** Where ZedOps is installed. */
  readonly packageRoot: string;
}

const lookAgainMs = 50;
const killMs = 15_000;

/**
 * The runtime of a host without Docker: each game under a supervisor of its own, which the agent finds again by pid and
 * start time. There are no limits of memory, CPU or processes here, and no isolation: only file ownership.
 */
export function createProcessRuntime(options: ProcessRuntimeOptions): Runtime {
  const { folder, clock, log, processCommand, packageRoot } = options;
  const folderOf = (id: string): string => join(folder, id);
  const closing = new AbortController();
  const processUsage = createProcessUsage('/proc', clock);

  const look = async (id: string): Promise<ProcessLook | undefined> =>
    isId(id) ? lookAtProcess(folderOf(id), id, clock) : undefined;

  const need = async (id: string): Promise<ProcessLook> => {
    const found = await look(id);
    if (!found) throw new ZedopsError('NOT_FOUND', `There is no process ${id.slice(0, 12)} of ZedOps on this host`);
    return found;
  };

  const lookAtAll = async (): Promise<readonly ProcessLook[]> => {
    await makePrivateFolder(folder);
    const looks = await Promise.all((await readdir(folder)).map(look));
    return looks.filter((found) => found !== undefined);
  };

  const refuseTakenName = async (name: string): Promise<void> => {
    if ((await lookAtAll()).some(({ container }) => container.name === name)) {
      throw new ZedopsError('CONFLICT', `Another process on this host is named ${name}`);
    }
  };

  /** Waits for the end of a process; says whether it came in time. */
  const untilEnded = async (id: string, ms: number): Promise<boolean> => {
    const deadline = clock.steady() + ms;
    for (;;) {
      const found = await look(id);
      if (found?.container.status !== 'running') return true;
      if (clock.steady() >= deadline || closing.signal.aborted) return false;
      await pause(clock, lookAgainMs, closing.signal);
    }
  };

  const kill = async (id: string): Promise<void> => {
    const { record, container } = await signal(await need(id), 'SIGKILL');
    if (container.status !== 'running' || (await untilEnded(id, killMs))) return;
    throw new ZedopsError('TIMEOUT', `${record.name} was killed and has not ended; it may wait for a disk`);
  };

  return {
    kind: 'process',
    version: async () => `Node ${process.version.slice(1)}`,
    async prepare(spec) {
      processRecord(spec, processCommand(spec.template), packageRoot);
    },
    async create(spec) {
      const record = processRecord(spec, processCommand(spec.template), packageRoot);
      await refuseTakenName(spec.name);
      const id = randomBytes(32).toString('hex');
      await makePrivateFolder(folderOf(id));
      await writeRecord(folderOf(id), record);
      return id;
    },
    async start(id) {
      const { record, container } = await need(id);
      if (container.status === 'running') return;
      await checkPortsFree(record.ports, record.name);
      await launchSupervisor(supervisorPath(packageRoot), folderOf(id), record.name, clock);
      log.debug({ process: record.name, id: id.slice(0, 12) }, 'started');
    },
    async stop(id, graceSeconds) {
      const found = await signal(await need(id), 'SIGTERM');
      if (found.container.status !== 'running' || (await untilEnded(id, graceSeconds * 1000))) return;
      await kill(id);
    },
    kill,
    async rename(id, name) {
      const { record } = await need(id);
      if (record.name === name) return;
      await refuseTakenName(name);
      await writeRecord(folderOf(id), { ...record, name });
    },
    async remove(id) {
      const found = await look(id);
      if (!found) return;
      if (found.container.status === 'running') {
        throw new ZedopsError('CONFLICT', `${found.record.name} runs; it is stopped before it is removed`);
      }
      await rm(folderOf(id), { recursive: true, force: true });
    },
    usage: async ({ pid }) => (pid === undefined ? undefined : processUsage.read(pid)),
    inspect: async (id) => (await look(id))?.container,
    list: async () => (await lookAtAll()).map(({ container }) => container),
    async boundTo(folder) {
      const bindings = (await lookAtAll()).flatMap(({ record: { name, cwd, ownerOf } }) =>
        [cwd, ownerOf].map((hostPath) => ({ name, hostPath })),
      );
      return boundTo(folder, bindings);
    },
    watch: (onEvent, onLive, signal) =>
      watchProcesses(lookAtAll, clock, onEvent, onLive, AbortSignal.any([signal, closing.signal])),
    async logs(id, request, sink) {
      await need(id);
      const hasEnded = async (): Promise<boolean> => (await look(id))?.container.status !== 'running';
      await readProcessLog({ folder: folderOf(id), clock, hasEnded }, request, sink);
    },
    async exec(id) {
      const { record } = await need(id);
      throw new ZedopsError('UNSUPPORTED', `${record.name} is a process: there is no inside to run a program in`, {
        hint: 'run it on the host, in the folder of the server',
      });
    },
    async pipe(id) {
      const { record } = await need(id);
      throw new ZedopsError('UNSUPPORTED', `${record.name} is a process: there is no inside to run a program in`);
    },
    async close() {
      closing.abort();
    },
  };
}

function isId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** Signals the game and all it launched, if it is still the process it was. */
async function signal(found: ProcessLook, name: 'SIGTERM' | 'SIGKILL'): Promise<ProcessLook> {
  const { run, container } = found;
  if (!run || container.status !== 'running' || !(await isAlive(run.game))) return found;
  try {
    process.kill(-run.game.pid, name);
  } catch (error) {
    // It ended between the look and the signal.
    if (systemErrorCode(error) !== 'ESRCH') throw error;
  }
  return found;
}
