import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { silentLog } from '../../platform/log.ts';
import type { Step } from '../../protocol/entities/job.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { type Jobs, openJobs } from './jobs.ts';

const start = {
  id: 'job1',
  subject: 'server.stop',
  serverId: 's1',
  serverName: 'alpha',
  actor: 'ann@example.org',
  input: { server: 'alpha' },
};
const nobodyLeaves = new AbortController().signal;
const noSteps = (): void => undefined;

describe('jobs', () => {
  let folder: string;
  let jobs: Jobs;
  const reopen = (): Promise<Jobs> => openJobs(folder, systemClock, silentLog);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zedops-jobs-'));
    jobs = await reopen();
  });
  afterEach(async () => {
    await jobs.flushed();
    await rm(folder, { recursive: true, force: true });
  });

  test('the same id runs once, however often it is asked for, also after a restart', async () => {
    let runs = 0;
    const work = async (): Promise<unknown> => {
      runs += 1;
      return { answer: 42 };
    };
    const both = await Promise.all([
      jobs.run(start, work, noSteps, nobodyLeaves),
      jobs.run(start, work, noSteps, nobodyLeaves),
    ]);
    expect(both).toEqual([{ answer: 42 }, { answer: 42 }]);
    await jobs.flushed();
    const later = await reopen();
    expect(await later.run(start, work, noSteps, nobodyLeaves)).toEqual({ answer: 42 });
    expect(runs).toBe(1);
  });

  test('is not told to whoever asks for something else under its id', async () => {
    await jobs.run(start, async () => 'an answer', noSteps, nobodyLeaves);
    const other = { ...start, serverId: 's2' };
    await expect(jobs.run(other, async () => 'another', noSteps, nobodyLeaves)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  test('is on disk before its first effect', async () => {
    let left: readonly unknown[] = [];
    await jobs.run(
      start,
      async () => {
        left = (await reopen()).left;
        return undefined;
      },
      noSteps,
      nobodyLeaves,
    );
    expect(left).toMatchObject([{ job: { id: 'job1', state: 'running' }, input: { server: 'alpha' } }]);
  });

  test('goes on when the asker leaves, who may come back and watch', async () => {
    const leaving = new AbortController();
    const steps: Step[] = [];
    let finish: () => void = () => undefined;
    let report: (step: Step) => void = () => undefined;
    const asked = jobs.run(
      start,
      (work) =>
        new Promise((resolve) => {
          report = work.report;
          finish = () => resolve('done');
        }),
      (step) => steps.push(step),
      leaving.signal,
    );
    await jobs.flushed();
    report({ step: 'saving' });
    leaving.abort();
    report({ step: 'quitting' });
    expect(steps).toEqual([{ step: 'saving' }]);
    const seen: Step[] = [];
    const watching = jobs.watch('job1', (step) => seen.push(step), nobodyLeaves);
    finish();
    expect((await watching).state).toBe('done');
    expect(seen[0]).toEqual({ step: 'quitting' });
    await asked;
  });

  test('keeps why it failed and tells every later asker the same', async () => {
    const failing = () => Promise.reject(new ZedopsError('CONFLICT', 'port 16261 is taken', { hint: 'edit it' }));
    await expect(jobs.run(start, failing, noSteps, nobodyLeaves)).rejects.toMatchObject({ code: 'CONFLICT' });
    await jobs.flushed();
    const later = await reopen();
    await expect(later.run(start, failing, noSteps, nobodyLeaves)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'port 16261 is taken',
      hint: 'edit it',
    });
  });

  test('tells of a bug only the id', async () => {
    const buggy = () => Promise.reject(new Error('cannot read password hunter2'));
    await expect(jobs.run(start, buggy, noSteps, nobodyLeaves)).rejects.toThrow();
    expect(JSON.stringify(jobs.get('job1'))).not.toContain('hunter2');
  });

  test('is cancelled by its own signal, once', async () => {
    const asked = jobs.run(
      start,
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      noSteps,
      nobodyLeaves,
    );
    const outcome = expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
    await jobs.flushed();
    expect((await jobs.cancel('job1')).state).toBe('cancelled');
    await outcome;
    await expect(jobs.cancel('job1')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('one left running is found at the next start and can be gone on with', async () => {
    jobs.run(start, () => new Promise(() => undefined), noSteps, nobodyLeaves);
    await jobs.flushed();
    const later = await reopen();
    const [left] = later.left;
    if (!left) throw new Error('nothing was left');
    await later.recover(left, 'resumed', async () => 'done');
    expect(later.get('job1')).toMatchObject({ state: 'done', recovered: 'resumed', reply: 'done' });
  });

  test('does not know one that never was', () => {
    expect(() => jobs.get('nope')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });

  test('one that a killed agent left is waited for until it is gone on with, and has no end before', async () => {
    const hanging = Promise.withResolvers<unknown>();
    void jobs.run(start, () => hanging.promise, noSteps, nobodyLeaves);
    await jobs.flushed();
    const later = await reopen();
    const gone = new AbortController();
    const impatient = later.watch(start.id, noSteps, gone.signal);
    gone.abort();
    await expect(impatient).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(later.cancel(start.id)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    const watched = later.watch(start.id, noSteps, nobodyLeaves);
    const askedAgain = later.run(start, async () => 'never', noSteps, nobodyLeaves);
    const [left] = later.left;
    if (!left) throw new Error('nothing was left');
    await later.recover(left, 'resumed', async () => 'done');
    expect(await watched).toMatchObject({ state: 'done', recovered: 'resumed', reply: 'done' });
    expect(await askedAgain).toBe('done');
    hanging.resolve('the earlier process is no more');
  });
});
