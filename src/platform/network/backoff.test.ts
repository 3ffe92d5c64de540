import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBackoff } from './backoff.ts';

test('doubles from one second to sixty, for ever', () => {
  const backoff = createBackoff(
    () => 0,
    () => 0,
  );
  const delays = Array.from({ length: 9 }, () => backoff.next());
  expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  for (let more = 0; more < 2000; more += 1) backoff.next();
  expect(backoff.next()).toBe(60_000);
  expect(backoff.attempts()).toBe(2010);
});

test('stays at one second for two minutes after a healthy connection, then doubles from the start', () => {
  let now = 0;
  const backoff = createBackoff(
    () => now,
    () => 0,
  );
  for (let failed = 0; failed < 10; failed += 1) backoff.next();
  backoff.stood(10_000);
  expect(backoff.attempts()).toBe(0);
  expect([backoff.next(), backoff.next(), backoff.next()]).toEqual([1000, 1000, 1000]);
  now = 120_000;
  expect(backoff.next()).toBe(8000);
});

test('a connection that fell at once opens no fast window', () => {
  const backoff = createBackoff(
    () => 0,
    () => 0,
  );
  for (let failed = 0; failed < 4; failed += 1) backoff.next();
  backoff.stood(1_999);
  expect(backoff.next()).toBe(16_000);
});

test('takes off up to a quarter by chance, never more, so that a fleet does not come back at once', () => {
  fc.assert(
    fc.property(fc.nat(40), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failed, chance) => {
      const backoff = createBackoff(
        () => 0,
        () => chance,
      );
      for (let tries = 0; tries < failed; tries += 1) backoff.next();
      const whole = Math.min(60_000, 1000 * 2 ** failed);
      const delay = backoff.next();
      expect(delay).toBeLessThanOrEqual(whole);
      expect(delay).toBeGreaterThanOrEqual(Math.floor(whole * 0.75));
    }),
  );
});
