import { expect, test } from 'vitest';
import type { Clock } from '../platform/clock.ts';
import type { Job, Step } from '../protocol/entities/job.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { serverStop } from '../protocol/operations/server.ts';
import { createFakeManager, type FakeManager } from './fake-manager.ts';
import { runJob } from './run-job.ts';

const hurried: Clock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  after(_, task) {
    const timer = setImmediate(task);
    return () => clearImmediate(timer);
  },
  every: () => () => undefined,
};

const report = { state: 'stopped', saved: 'confirmed', ended: 'quit', seconds: 4.2 } as const;
const job: Job = {
  id: 'job-1',
  subject: 'server.stop',
  serverId: 's',
  serverName: 'alpha',
  actor: 'ann',
  state: 'done',
  startedAt: '2026-11-21T18:00:00.000Z',
  reply: report,
};

function run(manager: FakeManager, patienceMs = 60_000) {
  const steps: Step[] = [];
  const states: string[] = [];
  const outcome = runJob(
    serverStop,
    { server: 'alpha' },
    {
      open: () => manager.open(),
      id: 'job-1',
      clock: hurried,
      signal: new AbortController().signal,
      onStep: (step) => void steps.push(step),
      onConnection: (state) => void states.push(state),
      patienceMs,
    },
  );
  return { outcome, steps, states };
}

test('a job whose manager is lost in the middle goes on through job.watch, with the same answer', async () => {
  let watches = 0;
  const manager = createFakeManager(
    {
      'server.stop': async ({ progress }) => {
        progress({ step: 'saving' });
        await new Promise(setImmediate);
        manager.cut();
      },
      'job.watch': async ({ progress }) => {
        watches += 1;
        if (watches === 1) throw new ZedopsError('UNREACHABLE', 'box-1 is offline');
        progress({ step: 'quitting' });
        return { job };
      },
    },
    hurried,
  );
  const { outcome, steps, states } = run(manager);
  expect(await outcome).toEqual(report);
  expect(steps.map(({ step }) => step)).toEqual(['saving', 'quitting']);
  expect(states[0]).toBe('lost');
  expect(manager.asked.filter(({ subject }) => subject === 'server.stop').map(({ id }) => id)).toEqual(['job-1']);
});

test('a request that never reached an agent is sent again, with the same id', async () => {
  let stops = 0;
  const manager = createFakeManager(
    {
      'server.stop': async () => {
        stops += 1;
        if (stops > 1) return report;
        manager.cut();
        return undefined;
      },
      'job.watch': () => {
        throw new ZedopsError('NOT_FOUND', 'There is no job job-1');
      },
    },
    hurried,
  );
  expect(await run(manager).outcome).toEqual(report);
  expect(manager.asked.map(({ subject }) => subject)).toEqual(['server.stop', 'job.watch', 'server.stop']);
  expect(new Set(manager.asked.filter(({ subject }) => subject === 'server.stop').map(({ id }) => id))).toEqual(
    new Set(['job-1']),
  );
});

test('tells the job’s own failure, and gives up on a job nobody can see any more', async () => {
  const failing = createFakeManager(
    {
      'server.stop': async ({ progress }) => {
        progress({ step: 'saving' });
        await new Promise(setImmediate);
        failing.cut();
      },
      'job.watch': () => ({
        job: { ...job, state: 'failed', reply: undefined, error: { code: 'CONFLICT', message: 'alpha is busy' } },
      }),
    },
    hurried,
  );
  await expect(run(failing).outcome).rejects.toMatchObject({ code: 'CONFLICT', message: 'alpha is busy' });

  const gone = createFakeManager(
    {
      'server.stop': async ({ progress }) => {
        progress({ step: 'saving' });
        await new Promise(setImmediate);
        gone.isDown = true;
        gone.cut();
      },
    },
    hurried,
  );
  await expect(run(gone, 20).outcome).rejects.toMatchObject({ code: 'TIMEOUT', hint: 'zedops job watch job-1' });
});

test('an error that the manager answers at once is not tried again', async () => {
  const manager = createFakeManager(
    {
      'server.stop': () => {
        throw new ZedopsError('UNREACHABLE', 'box-1 is offline');
      },
    },
    hurried,
  );
  await expect(run(manager).outcome).rejects.toMatchObject({ code: 'UNREACHABLE', message: 'box-1 is offline' });
  expect(manager.asked).toHaveLength(1);
});
