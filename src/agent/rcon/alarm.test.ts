import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { createAlarm } from './alarm.ts';

test('rings at the earliest of what it was told, with one timer, and again when its ring says so', () => {
  const clock = createFakeClock(1_763_710_000_000);
  const rings: number[] = [];
  const alarm = createAlarm(clock, (now) => {
    rings.push(now);
    return rings.length === 1 ? 500 : undefined;
  });
  alarm.by(300);
  alarm.by(100);
  alarm.by(200);
  expect(clock.pending()).toBe(1);
  clock.advance(1_000);
  expect(rings).toEqual([100, 500]);
  expect(clock.pending()).toBe(0);
  alarm.by(2_000);
  alarm.takeBack();
  clock.advance(5_000);
  expect(rings).toHaveLength(2);
});
