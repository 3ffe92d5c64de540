import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { watchClockJumps } from './clock-jumps.ts';

const day = 86_400_000;
const start = Date.parse('2026-11-21T08:00:00Z');

test('a clock set ahead counts for what was before, and not for what came after', () => {
  const clock = createFakeClock(start);
  const jumps = watchClockJumps(clock);
  clock.advance(day);
  expect(jumps.aheadSince(start)).toBe(0);
  clock.set(8 * day);
  const later = clock.now();
  clock.advance(1_000);
  expect(jumps.aheadSince(start)).toBe(8 * day);
  expect(jumps.aheadSince(later)).toBe(0);
  clock.set(-8 * day);
  expect(jumps.aheadSince(start)).toBe(0);
  expect(jumps.aheadSince(later)).toBe(0);
  clock.set(30_000);
  expect(jumps.aheadSince(start)).toBe(0);
  clock.set(40_000);
  expect(jumps.aheadSince(start)).toBe(70_000);
});

test('a clock that was behind and is put right has not jumped for what was written down before', () => {
  const clock = createFakeClock(0);
  const jumps = watchClockJumps(clock);
  clock.set(start);
  expect(jumps.aheadSince(start - day)).toBe(0);
  clock.set(day);
  expect(jumps.aheadSince(start - day)).toBe(day);
});

test('however often a clock is set, what was before all of it is as much older', () => {
  const clock = createFakeClock(start);
  const jumps = watchClockJumps(clock);
  for (let count = 0; count < 100; count += 1) {
    clock.set(day);
    jumps.look();
  }
  expect(jumps.aheadSince(start)).toBe(100 * day);
});
