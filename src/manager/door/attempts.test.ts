import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { type Attempts, createAttempts } from './attempts.ts';

const strict = { what: 'this address', free: 3, longestMs: 60_000 };

/** Tries each second until it may; the seconds that took. */
function secondsUntilAllowed(attempts: Attempts, clock: { advance(ms: number): void }, key: string): number {
  for (let waited = 0; ; waited += 1) {
    try {
      attempts.begin(key);
      return waited;
    } catch {
      clock.advance(1000);
    }
  }
}

test('the first failures cost nothing, each further one doubles the wait, up to the longest', () => {
  const clock = createFakeClock(1_000_000);
  const attempts = createAttempts({ clock, ...strict });
  const waits = Array.from({ length: 11 }, () => secondsUntilAllowed(attempts, clock, 'a'));
  expect(waits).toEqual([0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]);
});

test('many at once do not slip through together', () => {
  const attempts = createAttempts({ clock: createFakeClock(1_000_000), ...strict });
  const begun = Array.from({ length: 100 }, () => {
    try {
      return attempts.begin('a');
    } catch {
      return undefined;
    }
  });
  expect(begun.filter(Boolean)).toHaveLength(3);
});

test('the refusal says how long to wait, and another key does not wait', () => {
  const clock = createFakeClock(1_000_000);
  const attempts = createAttempts({ clock, ...strict });
  for (let turn = 0; turn < 6; turn += 1) secondsUntilAllowed(attempts, clock, 'a');
  expect(() => attempts.begin('a')).toThrow('Too many failed tries from this address; wait 8 s and try again');
  expect(() => attempts.begin('b')).not.toThrow();
});

test('a success forgets the failures, and a quiet time does too', () => {
  const clock = createFakeClock(1_000_000);
  const attempts = createAttempts({ clock, ...strict });
  for (let turn = 0; turn < 3; turn += 1) attempts.begin('a');
  clock.advance(1000);
  attempts.begin('a').succeeded();
  for (let turn = 0; turn < 3; turn += 1) attempts.begin('a');
  expect(() => attempts.begin('a')).toThrow('wait 1 s');
  clock.advance(120_001);
  for (let turn = 0; turn < 3; turn += 1) attempts.begin('a');
});

test('a try that is taken back never counted', () => {
  const attempts = createAttempts({ clock: createFakeClock(1_000_000), ...strict });
  for (let turn = 0; turn < 50; turn += 1) attempts.begin('a').takeBack();
  for (let turn = 0; turn < 3; turn += 1) attempts.begin('a');
  expect(() => attempts.begin('a')).toThrow('Too many failed tries');
});

test('a flood of keys takes no more memory than there is room for, and the ones that fail stay', () => {
  const clock = createFakeClock(1_000_000);
  const attempts = createAttempts({ clock, ...strict });
  for (let turn = 0; turn < 30_000; turn += 1) {
    attempts.begin(`address ${turn}`);
    if (turn % 5000 === 0) secondsUntilAllowed(attempts, clock, 'a');
  }
  expect(() => attempts.begin('a')).toThrow('Too many failed tries');
});

test('a clock that is set back keeps nobody out, and one that is set ahead lets nobody in', () => {
  const clock = createFakeClock(1_000_000);
  const attempts = createAttempts({ clock, ...strict });
  for (let failures = 0; failures < 3; failures += 1) attempts.begin('a');
  clock.set(24 * 3_600_000);
  expect(() => attempts.begin('a')).toThrow('wait 1 s');
  clock.set(-48 * 3_600_000);
  clock.advance(1_000);
  expect(() => attempts.begin('a')).not.toThrow();
});
