import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { createExclusive, createReserve } from './exclusive.ts';
import { createLocks } from './locks.ts';
import { createObserver } from './observer.ts';
import { testServer } from './server-bed.ts';

const server = testServer();
const stop = { id: 'r1', subject: 'server.stop', actor: 'ann@example.org', passes: false };
const kill = { id: 'r2', subject: 'server.kill', actor: 'bob@example.org', passes: true };

function parts() {
  const clock = createFakeClock(Date.parse('2026-01-01T00:00:00Z'));
  const observer = createObserver(clock);
  const locks = createLocks(clock);
  const reserve = createReserve({ locks, observer });
  return { clock, observer, reserve, runExclusive: createExclusive({ locks, observer, clock }) };
}

test('shows who holds the lock, since when and until when, for as long as it is held', async () => {
  const { observer, runExclusive } = parts();
  const over = Promise.withResolvers<void>();
  const running = runExclusive(server, stop, async (show) => {
    show({ step: 'waiting for the exit', deadlineAt: '2026-01-01T00:10:00.000Z' });
    await over.promise;
  });
  expect(observer.find('s1')?.lock).toMatchObject({
    id: 'r1',
    subject: 'server.stop',
    actor: 'ann@example.org',
    deadlineAt: '2026-01-01T00:10:00.000Z',
  });
  over.resolve();
  await running;
  expect(observer.find('s1')?.lock).toBeUndefined();
  expect(observer.find('s1')?.activity).toBeUndefined();
});

test('names the holder to a second one, and leaves the first one alone', async () => {
  const { observer, runExclusive } = parts();
  const over = Promise.withResolvers<void>();
  const running = runExclusive(server, stop, () => over.promise);
  await expect(runExclusive(server, { ...stop, id: 'r3' }, async () => undefined)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('server.stop by ann@example.org'),
  });
  expect(observer.find('s1')?.activity?.id).toBe('r1');
  over.resolve();
  await running;
});

test('says to a second one when the step of the first gives up, for as long as it is that step', async () => {
  const { clock, runExclusive } = parts();
  const next = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const refusal = (): Promise<string> =>
    runExclusive(server, { ...stop, id: 'r3' }, async () => '').catch((error: unknown) => String(error));
  const running = runExclusive(server, stop, async (show) => {
    show({ step: 'waiting for the exit', deadlineAt: '2026-01-01T00:10:00.000Z' });
    await next.promise;
    show({ step: 'starting the game' });
    await over.promise;
  });
  clock.advance(12_000);
  expect(await refusal()).toContain(
    'server.stop by ann@example.org has been at it for 12 s, and its step gives up at 2026-01-01T00:10:00.000Z',
  );
  next.resolve();
  await next.promise;
  expect(await refusal()).not.toContain('gives up');
  over.resolve();
  await running;
});

test('shows the job again when a kill that passed it is done', async () => {
  const { observer, runExclusive } = parts();
  const over = Promise.withResolvers<void>();
  const running = runExclusive(server, stop, async (show) => {
    show({ step: 'saving the world' });
    await over.promise;
  });
  const killed = Promise.withResolvers<void>();
  const killing = runExclusive(server, kill, () => killed.promise);
  expect(observer.find('s1')?.activity?.subject).toBe('server.kill');
  expect(observer.find('s1')?.lock?.id).toBe('r1');
  killed.resolve();
  await killing;
  expect(observer.find('s1')?.activity).toMatchObject({ id: 'r1', step: 'saving the world' });
  over.resolve();
  await running;
  expect(observer.find('s1')?.activity).toBeUndefined();
});

test('gives the lock back after a failure, and keeps the failure', async () => {
  const { observer, runExclusive } = parts();
  const work = (): Promise<never> => Promise.reject(new ZedopsError('TIMEOUT', 'nothing came'));
  await expect(runExclusive(server, stop, work)).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(observer.find('s1')).toMatchObject({ failure: { message: 'nothing came' } });
  expect(observer.find('s1')?.lock).toBeUndefined();
  await runExclusive(server, stop, async () => undefined);
});

test('shows a server as held while another is made from it, and no longer, also where a kill passed meanwhile', async () => {
  const { observer, reserve, runExclusive } = parts();
  const release = reserve(server, { id: 'r3', subject: 'server.clone', actor: 'ann@example.org' });
  expect(observer.find('s1')?.lock).toMatchObject({ id: 'r3', subject: 'server.clone' });
  expect(observer.find('s1')?.activity).toBeUndefined();
  await runExclusive(server, kill, async () => undefined);
  expect(observer.find('s1')?.lock).toMatchObject({ id: 'r3' });
  await expect(runExclusive(server, stop, async () => undefined)).rejects.toMatchObject({ code: 'CONFLICT' });
  release();
  expect(observer.find('s1')?.lock).toBeUndefined();
});
