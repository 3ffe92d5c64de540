import { expect, test } from 'vitest';
import { mostTrendPoints } from '../../protocol/entities/metrics.ts';
import { createTrend } from './trend.ts';

const start = Date.parse('2026-01-02T03:04:05.000Z');

test('numbers come back oldest first, and what was not known is absent', () => {
  const trend = createTrend(['cpu', 'memory']);
  trend.add(start, { cpu: 1 });
  trend.add(start + 5_000, { memory: 7 });
  expect(trend.points(start + 5_000)).toEqual([
    { at: '2026-01-02T03:04:05.000Z', cpu: 1 },
    { at: '2026-01-02T03:04:10.000Z', memory: 7 },
  ]);
});

test('a quarter of an hour is kept, however often one looks', () => {
  const trend = createTrend(['cpu']);
  const seconds = 3_600;
  for (let second = 0; second < seconds; second += 1) trend.add(start + second * 1_000, { cpu: second });
  const now = start + (seconds - 1) * 1_000;
  const points = trend.points(now);
  expect(points.length).toBeLessThanOrEqual(mostTrendPoints);
  expect(points.at(-1)).toEqual({ at: new Date(now).toISOString(), cpu: seconds - 1 });
  const [first] = points;
  expect(now - Date.parse(first?.at ?? '')).toBeGreaterThan(14 * 60_000);
  // Measured seldom, it has few points, and none that is too old.
  expect(trend.points(now + 10 * 60_000).length).toBeGreaterThan(0);
  expect(trend.points(now + 16 * 60_000)).toEqual([]);
});

test('what was measured before the clock was set back is left out', () => {
  const trend = createTrend(['cpu']);
  trend.add(start + 60_000, { cpu: 1 });
  trend.add(start, { cpu: 2 });
  expect(trend.points(start)).toEqual([{ at: '2026-01-02T03:04:05.000Z', cpu: 2 }]);
});
