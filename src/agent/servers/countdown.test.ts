import { describe, expect, test } from 'vitest';
import { cancelledText, planCountdown, spelled, warningText } from './countdown.ts';

const begun = 1_000_000;

describe('a countdown', () => {
  test('ends when the longest warning says', () => {
    expect(planCountdown({ warnSeconds: [10, 300, 60, 60] }, begun, begun)).toEqual({
      endsAt: begun + 300_000,
      warnings: [300, 60, 10],
    });
  });
  test('goes on from its beginning after the agent was away, and never begins anew', () => {
    expect(planCountdown({ warnSeconds: [300, 10] }, begun, begun + 200_000).endsAt).toBe(begun + 300_000);
  });
  test('gives players the shortest warning where it was over while the agent was away', () => {
    const now = begun + 3_600_000;
    expect(planCountdown({ warnSeconds: [300, 10] }, begun, now).endsAt).toBe(now + 10_000);
  });
  test('lasts no longer than the whole where the clock was set back', () => {
    expect(planCountdown({ warnSeconds: [300] }, begun, begun - 500_000).endsAt).toBe(begun - 200_000);
  });
  test('without warnings ends at once', () => {
    expect(planCountdown({ reason: 'x' }, begun, begun)).toEqual({ endsAt: begun, warnings: [] });
  });
  test('waits for ever until nobody is online, or for the longest wait with a last warning', () => {
    expect(planCountdown({ whenEmpty: true }, begun, begun)).toEqual({ endsAt: undefined, warnings: [] });
    expect(planCountdown({ whenEmpty: true, maxWaitSeconds: 3600 }, begun, begun)).toEqual({
      endsAt: begun + 3_600_000,
      warnings: [60],
    });
    expect(
      planCountdown({ whenEmpty: true, maxWaitSeconds: 600, warnSeconds: [900, 300] }, begun, begun).warnings,
    ).toEqual([300]);
  });
});

test.each([
  [1, '1 second'],
  [10, '10 seconds'],
  [60, '1 minute'],
  [90, '90 seconds'],
  [150, '2 minutes 30 seconds'],
  [300, '5 minutes'],
  [5400, '1 hour 30 minutes'],
  [7200, '2 hours'],
])('%i seconds are %s', (seconds, words) => {
  expect(spelled(seconds)).toBe(words);
});

test('players are told what happens, when and why', () => {
  expect(warningText('restart', 300, 'new mods')).toBe('Restart in 5 minutes: new mods');
  expect(warningText('stop', 0, undefined)).toBe('Shutdown now');
  expect(cancelledText('restart')).toBe('Restart cancelled');
});
