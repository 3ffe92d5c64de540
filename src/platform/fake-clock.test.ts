import { expect, test } from 'vitest';
import { createFakeClock } from './fake-clock.ts';

test('runs what falls due, in order, at the time it is due', () => {
  const clock = createFakeClock(1000);
  const seen: string[] = [];
  clock.after(30, () => seen.push(`once ${clock.now()}`));
  const takeBack = clock.every(20, () => seen.push(`every ${clock.now()}`));
  clock.advance(45);
  expect(seen).toEqual(['every 1020', 'once 1030', 'every 1040']);
  expect(clock.now()).toBe(1045);
  takeBack();
  clock.advance(100);
  expect(seen).toHaveLength(3);
  expect(clock.pending()).toBe(0);
});

test('runs what a task plans for the same stretch of time', () => {
  const clock = createFakeClock(0);
  const seen: number[] = [];
  clock.after(10, () => {
    clock.after(10, () => seen.push(clock.now()));
  });
  clock.advance(30);
  expect(seen).toEqual([20]);
});
