import { expect, test } from 'vitest';
import { readStopOptions, stopOptionWords, usualWarnings } from './stop-options.ts';

test('what is offered can be read', () => {
  expect(readStopOptions({ warn: usualWarnings, whenEmpty: false })).toEqual({ warnSeconds: [900, 300, 60, 10] });
  expect(readStopOptions({ whenEmpty: false })).toEqual({});
  expect(readStopOptions({ whenEmpty: true, maxWait: '3h', reason: 'new mods' })).toEqual({
    whenEmpty: true,
    maxWaitSeconds: 10_800,
    reason: 'new mods',
  });
});

test.each([
  [{ warn: '', whenEmpty: false }, /--warn: "" is not a length of time/],
  [{ warn: '15m,soon', whenEmpty: false }, /--warn: "soon" is not a length of time/],
  [{ warn: '0s', whenEmpty: false }, /--warn: "0s" is not between 1s and 1d/],
  [{ warn: '2d', whenEmpty: false }, /--warn: "2d" is not between 1s and 1d/],
  [{ warn: Array(21).fill('1m').join(','), whenEmpty: false }, /--warn: 20 warnings are the most/],
  [{ whenEmpty: true, maxWait: '8d' }, /--max-wait: "8d" is not between 1s and 7d/],
  [{ whenEmpty: false, maxWait: '1h' }, /--max-wait says how long --when-empty waits/],
  [{ warn: '1m, 2h', whenEmpty: true, maxWait: '1h' }, /--warn: a warning 2h before does not fit into --max-wait 1h/],
])('%j is refused', (options, message) => {
  expect(() => readStopOptions(options)).toThrow(message);
});

test('the words of the command line are quoted where they must be', () => {
  expect(stopOptionWords({ whenEmpty: false })).toBe('');
  expect(stopOptionWords({ warn: '5m,1m', whenEmpty: false, reason: 'new mods' })).toBe(
    " --warn 5m,1m --reason 'new mods'",
  );
  expect(stopOptionWords({ whenEmpty: true, maxWait: '3h' })).toBe(' --when-empty --max-wait 3h');
});
