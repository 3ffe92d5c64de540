import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { createLive, type LiveEntry } from './live.ts';

function entry(ended: string[], name: string, more: Partial<LiveEntry> = {}): LiveEntry {
  return { keys: ['person:p'], counted: ['p'], end: (why) => ended.push(`${name} ${why}`), ...more };
}

test('a cut ends what has the key, once, and nothing else', () => {
  const ended: string[] = [];
  const live = createLive(createFakeClock(0));
  live.approach().enter(entry(ended, 'one', { keys: ['person:p', 'session:s'] }));
  live.approach().enter(entry(ended, 'two', { keys: ['person:p', 'token:t'] }));
  live.approach().enter(entry(ended, 'other', { keys: ['person:q'] }));
  expect(live.cut('token:t', '')).toBe(1);
  expect(ended).toEqual(['two revoked']);
  expect(live.cut('person:p', '')).toBe(1);
  expect(live.cut('person:p', '')).toBe(0);
  expect(ended).toEqual(['two revoked', 'one revoked']);
  expect(live.count('p')).toBe(1);
});

test('who is cut on the way in does not get in', () => {
  const ended: string[] = [];
  const live = createLive(createFakeClock(0));
  const entering = live.approach();
  live.cut('person:p', 'removed');
  expect(entering.enter(entry(ended, 'late'))).toBeUndefined();
  const later = live.approach();
  expect(later.enter(entry(ended, 'new'))).toBeTypeOf('function');
  expect(ended).toEqual([]);
});

test('who leaves is counted no more and cannot be cut', () => {
  const ended: string[] = [];
  const live = createLive(createFakeClock(0));
  const remove = live.approach().enter(entry(ended, 'one'));
  live.approach().leave();
  expect(live.count('p')).toBe(1);
  remove?.();
  remove?.();
  expect(live.count('p')).toBe(0);
  expect(live.cut('person:p', '')).toBe(0);
});

test('what expires is ended soon after, and no timer stays behind', () => {
  const ended: string[] = [];
  const clock = createFakeClock(0);
  const live = createLive(clock);
  live.approach().enter(entry(ended, 'short', { expiresAt: 12_000 }));
  live.approach().enter(entry(ended, 'long'));
  clock.advance(10_000);
  expect(ended).toEqual([]);
  clock.advance(5_000);
  expect(ended).toEqual(['short expired']);
  live.stop();
  expect(clock.pending()).toBe(0);
});
