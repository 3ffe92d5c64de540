import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import type { Step } from '../../protocol/entities/job.ts';
import type { ConsoleWatch } from './console.ts';
import { createObserver } from './observer.ts';
import { waitReady } from './ready.ts';
import { testServer } from './server-bed.ts';

const server = testServer();
const container = { id: 'c1', name: 'simulator-alpha', image: 'simulator', status: 'running' } as const;
const minute = 60_000;

/** A server that was just started, and somebody who waits for it. */
function started(which = server) {
  const clock = createFakeClock(Date.parse('2026-01-01T00:00:00Z'));
  const observer = createObserver(clock);
  observer.note(server, { container });
  let heardAt: number | undefined;
  const steps: Step[] = [];
  const console: ConsoleWatch = {
    feed: () => undefined,
    onSaved: () => () => undefined,
    onArrival: () => () => undefined,
    lastHeard: () => heardAt,
    lastFatal: () => undefined,
    forgetFatal: () => undefined,
  };
  const giveUp = new AbortController();
  const waiting = waitReady(
    { observer, console, clock, evidence: { ask: async () => undefined } },
    which,
    (step) => steps.push(step),
    giveUp.signal,
  );
  const outcome = waiting.then(
    (readyAt) => readyAt,
    (error: unknown) => error,
  );
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 5_000) {
      clock.advance(5_000);
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const hear = (): void => {
    heardAt = clock.steady();
  };
  return { clock, observer, outcome, pass, hear, steps };
}

test('a start may take an hour, for as long as the game goes on printing', async () => {
  const { observer, outcome, pass, hear, steps } = started();
  for (let passed = 0; passed < 60; passed += 10) {
    await pass(10 * minute);
    hear();
  }
  observer.note(server, { readyAt: '2026-01-01T01:00:00.000Z' });
  expect(await outcome).toBe('2026-01-01T01:00:00.000Z');
  // Whoever asked is told at least every minute, so that nobody takes the wait for a dead connection.
  expect(steps.length).toBeGreaterThanOrEqual(60);
});

test('an image says how long its games may be silent', async () => {
  const { outcome, pass, steps } = started({ ...server, game: { ...server.game, silentMinutes: 40 } });
  await pass(39 * minute);
  expect(steps.at(-1)?.deadlineAt).toBe('2026-01-01T00:40:00.000Z');
  await pass(2 * minute);
  expect(await outcome).toMatchObject({
    code: 'TIMEOUT',
    message: 'alpha runs, but has printed nothing for 40 minutes and is not ready',
  });
});

test('fifteen minutes without a word end the wait, and say when they will', async () => {
  const { outcome, pass, steps } = started();
  await pass(1_000);
  expect(steps[0]).toEqual({
    step: 'starting: the game says nothing yet',
    deadlineAt: '2026-01-01T00:15:00.000Z',
  });
  await pass(16 * minute);
  expect(await outcome).toMatchObject({
    code: 'TIMEOUT',
    message: 'alpha runs, but has printed nothing for 15 minutes and is not ready',
  });
});

test('a game that exits meanwhile is not waited for', async () => {
  const { observer, outcome, pass } = started();
  observer.note(server, { container: { ...container, status: 'exited', exitCode: 1 } });
  await pass(5_000);
  expect(await outcome).toMatchObject({ code: 'CONFLICT', message: 'alpha exited with code 1 before it was ready' });
});

test('silence is counted by the time that passes, and not by what the clock is set to', async () => {
  const { clock, outcome, pass, hear, steps } = started();
  await pass(minute);
  hear();
  clock.set(5 * 60 * minute);
  await pass(14 * minute);
  const said = steps.length;
  clock.set(-10 * 60 * minute);
  await pass(30_000);
  expect(steps.length).toBeLessThanOrEqual(said + 1);
  await pass(minute);
  expect(await outcome).toMatchObject({ code: 'TIMEOUT' });
});
