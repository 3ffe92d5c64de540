import { expect, test } from 'vitest';
import { createTimeOfLine, timeOfDay } from './spans.ts';

test('the time of a line is its own, whichever lines came before', () => {
  const timeOf = createTimeOfLine();
  for (const iso of [
    '2026-11-21T15:00:00.000000001Z',
    '2026-11-21T15:00:00.999999999Z',
    '2026-11-21T15:00:01.000000000Z',
    '2026-11-21T15:00:00Z',
    '2026-11-21T15:00:00.5+03:00',
    '2026-11-20T15:00:00.5Z',
    '',
    'no time',
  ]) {
    expect([iso, timeOf(iso)]).toEqual([iso, timeOfDay(iso)]);
  }
});
