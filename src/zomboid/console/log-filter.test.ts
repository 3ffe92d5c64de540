import { expect, test } from 'vitest';
import { createLogFilter, type LogFilterOptions, readLogPattern } from './log-filter.ts';

const lines = [
  'LOG  : General      f:0 st:1> fine',
  'ERROR: Lua          f:0 st:2> broken by bob',
  '\tat some.Place(bobby.lua)',
  'LOG  : Network      f:0 st:3> User bobby is trying to connect.',
  'hello from a shell',
];

function passing(options: LogFilterOptions): number[] {
  const filter = createLogFilter(options);
  return lines.flatMap((line, index) => (filter(line, index) ? index : []));
}

test('lets pass what is loud enough, with the stack trace that belongs to it', () => {
  expect(passing({})).toEqual([0, 1, 2, 3, 4]);
  expect(passing({ level: 'error' })).toEqual([1, 2]);
  expect(passing({ level: 'log' })).toEqual([0, 1, 2, 3, 4]);
});

test('knows categories whatever their case, and players by their whole name', () => {
  expect(passing({ category: 'lua' })).toEqual([1, 2]);
  expect(passing({ player: 'bob' })).toEqual([1]);
  expect(passing({ player: 'bobby' })).toEqual([2, 3]);
  expect(passing({ player: 'b.b' })).toEqual([]);
});

test('reads patterns as people type them', () => {
  const read = readLogPattern('(?i)BROKEN');
  expect('pattern' in read && passing({ pattern: read.pattern })).toEqual([1]);
  expect(readLogPattern('(oops')).toEqual({ problem: expect.stringContaining('Invalid regular expression') });
});
