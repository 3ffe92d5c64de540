import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, isoTime } from '../../platform/clock.ts';
import { makePrivateFolder, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import type { Job, Step } from '../../protocol/entities/job.ts';
import { toWireError, ZedopsError } from '../../protocol/errors.ts';
import { type LeftJob, readJobRecord } from './job-record.ts';

/** What a job is called before it runs. */
export interface JobStart {
  readonly id: string;
  readonly subject: string;
  readonly serverId: string;
  readonly serverName: string;
  readonly actor: string;
  /** The request's input, kept so that a restarted agent can go on. It holds no secrets. */
  readonly input: unknown;
}

/** What the work itself is given. */
export interface JobWork {
  /** Aborted by `job cancel` only: an asker who leaves does not end a job. */
  readonly signal: AbortSignal;
  report(step: Step): void;
}

/** Long work with a record on disk: it goes on when the asker leaves, and the same id runs once. */
export interface Jobs {
  /**
   * Runs `work` as a job, or joins the job that has this id already: running or ended, the answer is that job's.
   * `onStep` hears the steps until `asker` aborts; the job itself goes on. Rejects with the job's error.
   */
  run(
    start: JobStart,
    work: (work: JobWork) => Promise<unknown>,
    onStep: (step: Step) => void,
    asker: AbortSignal,
  ): Promise<unknown>;
  /**
   * Ends a job an earlier process left running, with what was done about it. One that was cancelled is run with a signal
   * that is aborted already.
   */
  recover(left: LeftJob, how: 'resumed' | 'undone', work: (work: JobWork) => Promise<unknown>): Promise<void>;
  knows(id: string): boolean;
  /** @throws ZedopsError NOT_FOUND */
  get(id: string): Job;
  /** Newest first. */
  list(): readonly Job[];
  /** Hears a job's steps and resolves with it when it has ended. */
  watch(id: string, onStep: (step: Step) => void, signal: AbortSignal): Promise<Job>;
  /** Asks a running job to end, and resolves with it when it has. @throws ZedopsError CONFLICT if it has ended. */
  cancel(id: string): Promise<Job>;
  /** Jobs found running on disk when this was opened. */
  readonly left: readonly LeftJob[];
  /** Resolves when every record is on disk. */
  flushed(): Promise<void>;
}

interface Running {
  readonly controller: AbortController;
  readonly outcome: Promise<unknown>;
  readonly listeners: Set<(step: Step) => void>;
}

const kept = 200;

/** Opens the jobs in `folder`. `onChange` is told of each when it begins, goes on or is undone, and when it has ended. */
export async function openJobs(
  folder: string,
  clock: Clock,
  log: Log,
  onChange: (job: Job) => void = () => undefined,
): Promise<Jobs> {
  await makePrivateFolder(folder);
  const jobs = new Map<string, Job>();
  const inputs = new Map<string, unknown>();
  const cancelled = new Set<string>();
  const running = new Map<string, Running>();
  for (const file of (await readdir(folder)).sort()) {
    if (!file.endsWith('.json')) continue;
    const record = await readJobRecord(join(folder, file));
    if (!record) {
      log.warn({ file }, 'a job file cannot be read; it is left where it is');
      continue;
    }
    jobs.set(record.job.id, record.job);
    inputs.set(record.job.id, record.input);
    if (record.wasCancelled) cancelled.add(record.job.id);
  }
  const left = [...jobs.values()]
    .filter((job) => job.state === 'running')
    .map((job) => ({ job, input: inputs.get(job.id), wasCancelled: cancelled.has(job.id) }));

  /** Jobs that are still to be gone on with: who asks for one waits for that, and hears of no end it has not had. */
  const waiting = new Map(left.map(({ job }) => [job.id, Promise.withResolvers<void>()]));
  const takenUp = async (id: string, signal: AbortSignal): Promise<void> => {
    const one = waiting.get(id);
    if (!one) return;
    const leaves = Promise.withResolvers<void>();
    const leave = (): void => leaves.resolve();
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    await Promise.race([one.promise, leaves.promise]);
    signal.removeEventListener('abort', leave);
    if (waiting.has(id)) throw notTakenUp(id);
  };

  let writing: Promise<void> = Promise.resolve();
  const write = (task: () => Promise<void>): Promise<void> => {
    const written = writing.then(task);
    writing = written.catch((error) => log.error({ error }, 'a job record could not be written'));
    return written;
  };
  const save = (job: Job): Promise<void> => {
    jobs.set(job.id, job);
    const wasCancelled = cancelled.has(job.id) || undefined;
    const record = JSON.stringify({ job, input: inputs.get(job.id), wasCancelled });
    return write(() => writeAtomically(join(folder, `${job.id}.json`), record));
  };
  const dropOldest = (): void => {
    const ended = [...jobs.values()].filter((job) => job.state !== 'running').sort(oldestFirst);
    for (const job of ended.slice(0, Math.max(0, jobs.size - kept))) {
      jobs.delete(job.id);
      inputs.delete(job.id);
      cancelled.delete(job.id);
      void write(() => unlink(join(folder, `${job.id}.json`)));
    }
  };

  const begin = (job: Job, work: (work: JobWork) => Promise<unknown>, wasCancelled = false): Running => {
    const controller = new AbortController();
    const begunAt = clock.steady();
    if (wasCancelled) controller.abort(cancellation(job));
    const listeners = new Set<(step: Step) => void>();
    const current = (): Job => jobs.get(job.id) ?? job;
    const end = async (change: Partial<Job>): Promise<void> => {
      running.delete(job.id);
      const took = job.recovered ? {} : { tookMs: Math.round(clock.steady() - begunAt) };
      await save({ ...current(), ...change, ...took, endedAt: isoTime(clock.now()) });
      onChange(current());
      dropOldest();
    };
    const perform = async (): Promise<unknown> => {
      try {
        const reply = await work({
          signal: controller.signal,
          report(step) {
            // Steps are kept in memory only: a record on disk for each percent would wear the disk for nothing.
            jobs.set(job.id, { ...current(), step });
            for (const listener of listeners) listener(step);
          },
        });
        await end({ state: 'done', reply });
        return reply;
      } catch (error) {
        const isCancelled = controller.signal.aborted && error instanceof ZedopsError && error.code === 'CANCELLED';
        if (!(error instanceof ZedopsError))
          log.error({ id: job.id, subject: job.subject, error: asError(error) }, 'a job failed');
        await end({ state: isCancelled ? 'cancelled' : 'failed', error: toWireError(error, job.id) });
        throw error;
      }
    };
    const outcome = perform();
    // Whoever asked may be gone; the record keeps the error.
    outcome.catch(() => undefined);
    const entry = { controller, outcome, listeners };
    running.set(job.id, entry);
    return entry;
  };

  const follow = async (entry: Running, onStep: (step: Step) => void, signal: AbortSignal): Promise<unknown> => {
    entry.listeners.add(onStep);
    const leave = (): void => {
      entry.listeners.delete(onStep);
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await entry.outcome;
    } finally {
      leave();
      signal.removeEventListener('abort', leave);
    }
  };

  const get = (id: string): Job => {
    const job = jobs.get(id);
    if (!job) throw new ZedopsError('NOT_FOUND', `This host has no job ${id}`, { hint: 'zedops job list' });
    return job;
  };

  return {
    left,
    knows: (id) => jobs.has(id),
    get,
    list: () => [...jobs.values()].sort(oldestFirst).reverse(),
    flushed: () => writing,
    async run(start, work, onStep, asker) {
      const known = jobs.get(start.id);
      if (known && (known.subject !== start.subject || known.serverId !== start.serverId)) throw usedBefore(start.id);
      if (waiting.has(start.id)) await takenUp(start.id, asker);
      const entry = running.get(start.id);
      if (entry) return follow(entry, onStep, asker);
      if (known) return replay(jobs.get(start.id) ?? known);
      const { input, ...rest } = start;
      inputs.set(start.id, input);
      const job: Job = { ...rest, state: 'running', startedAt: isoTime(clock.now()) };
      jobs.set(job.id, job);
      const begun = begin(job, async (jobWork) => {
        // The record is on disk before the first effect, so that a killed agent knows what it was doing.
        await save(job);
        onChange(job);
        return work(jobWork);
      });
      return follow(begun, onStep, asker);
    },
    async recover({ job, wasCancelled }, how, work) {
      const recovered = { ...job, recovered: how };
      const goOn = async (jobWork: JobWork): Promise<unknown> => {
        await save(recovered);
        onChange(recovered);
        return work(jobWork);
      };
      const entry = begin(recovered, goOn, wasCancelled);
      waiting.get(job.id)?.resolve();
      waiting.delete(job.id);
      await entry.outcome.catch(() => undefined);
    },
    async watch(id, onStep, signal) {
      get(id);
      await takenUp(id, signal);
      const job = get(id);
      const entry = running.get(id);
      if (!entry) return job;
      if (job.step) onStep(job.step);
      await follow(entry, onStep, signal).catch(() => undefined);
      return get(id);
    },
    async cancel(id) {
      const job = get(id);
      if (waiting.has(id)) throw notTakenUp(id);
      const entry = running.get(id);
      if (!entry) throw new ZedopsError('CONFLICT', `The job ${id} has ended already: ${job.state}`);
      cancelled.add(id);
      // On disk first: an agent that is killed while it takes things back goes on taking them back.
      await save(get(id)).catch(() => undefined);
      entry.controller.abort(cancellation(job));
      await entry.outcome.catch(() => undefined);
      return get(id);
    },
  };
}

function cancellation({ subject, serverName }: Job): ZedopsError {
  return new ZedopsError('CANCELLED', `${subject} of ${serverName} was cancelled`);
}

function usedBefore(id: string): ZedopsError {
  return new ZedopsError('CONFLICT', `The request id ${id} was used for something else already`, {
    hint: 'ask again under a new id',
  });
}

function notTakenUp(id: string): ZedopsError {
  return new ZedopsError('UNREACHABLE', `The job ${id} is gone on with as soon as the host sees its servers`, {
    hint: `try again in a moment; zedops job show ${id}`,
  });
}

function replay(job: Job): unknown {
  if (job.state === 'done') return job.reply;
  const error = job.error;
  throw error === undefined
    ? new ZedopsError('CONFLICT', `The job ${job.id} ended as ${job.state}`)
    : new ZedopsError(error.code, error.message, { hint: error.hint });
}

function oldestFirst(a: Job, b: Job): number {
  return a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : a.id < b.id ? -1 : 1;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
