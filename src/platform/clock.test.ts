import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { isoTime, pause, systemClock, watchSetting } from './clock.ts';
import { createFakeClock } from './fake-clock.ts';

test('a pause ends when its time is over, and leaves nothing on signal or clock', async () => {
  const clock = createFakeClock(0);
  const { signal } = new AbortController();
  const paused = pause(clock, 100, signal);
  expect([clock.pending(), getEventListeners(signal, 'abort').length]).toEqual([1, 1]);
  clock.advance(100);
  await paused;
  expect([clock.pending(), getEventListeners(signal, 'abort').length]).toEqual([0, 0]);
});

test('a pause ends at once when its signal is aborted, before or during', async () => {
  const clock = createFakeClock(0);
  const controller = new AbortController();
  const paused = pause(clock, 1e9, controller.signal);
  controller.abort();
  await paused;
  await pause(clock, 1e9, controller.signal);
  expect(clock.pending()).toBe(0);
});

test('the machine’s clock runs once, runs again and again, and is taken back', async () => {
  let once = 0;
  let taken = 0;
  systemClock.after(1, () => {
    once += 1;
  });
  const takeBack = systemClock.after(1, () => {
    taken += 1;
  });
  takeBack();
  let often = 0;
  await new Promise<void>((resolve) => {
    const stop = systemClock.every(1, () => {
      often += 1;
      if (often < 3) return;
      stop();
      resolve();
    });
    // The clock's timers keep no process alive, so this test holds on to one of its own.
    const hold = setInterval(() => {
      if (often >= 3) clearInterval(hold);
    }, 5);
  });
  expect([once, taken, often]).toEqual([1, 0, 3]);
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
  expect(isoTime(0)).toBe('1970-01-01T00:00:00.000Z');
});

test('what the clock was set by is told apart from the time that passed', () => {
  const clock = createFakeClock(1_000_000);
  const setMs = watchSetting(clock);
  clock.advance(5_000);
  expect(setMs()).toBe(0);
  clock.set(-3_600_000);
  clock.advance(5_000);
  expect(setMs()).toBe(-3_600_000);
  expect(clock.now()).toBe(1_000_000 + 10_000 - 3_600_000);
});
