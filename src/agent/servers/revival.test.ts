import { describe, expect, test } from 'vitest';
import { countEnd, givenUp, noRevival, type Revival, waitBeforeStart } from './revival.ts';

const begin = Date.parse('2026-01-01T00:00:00Z');
const minute = 60_000;

/** Runs that each took players for `ready` minutes, one after the other; undefined: never. */
function runs(...ready: readonly (number | undefined)[]): Revival {
  let at = begin;
  let revival = noRevival;
  for (const minutes of ready) {
    const readyAt = minutes === undefined ? undefined : new Date(at).toISOString();
    at += (minutes ?? 2) * minute;
    revival = countEnd({ ...revival, readyAt }, at, String(at));
  }
  return revival;
}

describe('starting again', () => {
  test('waits 5 s, twice as long each time, 5 min at most', () => {
    const waits = [1, 2, 3, 4, 7, 12].map((count) => waitBeforeStart(runs(...Array<number>(count).fill(20))) / 1000);
    expect(waits).toEqual([5, 10, 20, 40, 300, 300]);
  });

  test('is given up after five short runs, with the time they took', () => {
    expect(givenUp(runs(undefined, 1, 2, 3))).toBeUndefined();
    expect(givenUp(runs(undefined, 1, 2, 3, 4))).toMatchObject({ crashes: 5, minutes: 10 });
    expect(givenUp(runs(30, 30, 30, undefined, 1, 2, 3, 4))).toMatchObject({ crashes: 5, minutes: 10 });
  });

  test('is not given up while the game runs for a while in between', () => {
    expect(givenUp(runs(1, 1, 1, 1, 11))).toBeUndefined();
    expect(givenUp(runs(1, 1, 11, 1, 1, 1, 1))).toBeUndefined();
  });

  test('begins anew after a healthy hour', () => {
    expect(waitBeforeStart(runs(1, 1, 1, 60))).toBe(5_000);
    expect(waitBeforeStart(runs(1, 1, 1, 59))).toBe(40_000);
    expect(givenUp(runs(1, 1, 1, 1, 60, 1))).toBeUndefined();
  });

  test('remembers a bounded number of ends', () => {
    expect(runs(...Array<number>(100).fill(20)).ends).toHaveLength(20);
  });
});
