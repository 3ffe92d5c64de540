import { expect, test } from 'vitest';
import { isAsciiTerminal, sparkline } from './sparkline.ts';

const minute = 60_000;
const options = { cells: 8, now: 8 * minute, spanMs: 8 * minute, top: 1, isAscii: false };

test('each mark is the most of its time', () => {
  const points = Array.from({ length: 8 }, (_, index) => ({ at: (index + 0.5) * minute, value: index / 7 }));
  expect(sparkline(points, options)).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline(points, { ...options, isAscii: true })).toBe('_.:-=+*#');
  expect(sparkline([...points, { at: 7.6 * minute, value: 0 }], options)).toBe('▁▂▃▄▅▆▇█');
});

test('little does not look like much, and the highest is a full mark', () => {
  const quiet = [{ at: 7.5 * minute, value: 0.05 }];
  expect(sparkline(quiet, options).at(-1)).toBe('▁');
  expect(
    sparkline(
      [
        { at: 6.5 * minute, value: 4 },
        { at: 7.5 * minute, value: 2 },
      ],
      options,
    ).slice(-2),
  ).toBe('█▅');
  expect(sparkline([{ at: 7.5 * minute, value: 0 }], { ...options, top: 0 }).at(-1)).toBe('▁');
});

test('what was measured once a minute leaves no gaps, and what was not measured is blank', () => {
  const points = [3, 4, 5].map((at) => ({ at: at * minute, value: 1 }));
  expect(sparkline(points, { ...options, cells: 16 })).toBe('     ████████   ');
  expect(sparkline([], options)).toBe('        ');
  // A clock may have moved on since the newest point was asked for.
  expect(sparkline([{ at: 8 * minute + 10, value: 1 }], options)).toBe('       █');
});

test('a terminal is taken for one with blocks unless it says otherwise', () => {
  expect(isAsciiTerminal({ TERM: 'xterm-256color' })).toBe(false);
  expect(isAsciiTerminal({ TERM: 'xterm', LANG: 'en_GB.UTF-8' })).toBe(false);
  expect(isAsciiTerminal({ TERM: 'xterm', LANG: 'en_GB.UTF-8', LC_ALL: 'C' })).toBe(true);
  expect(isAsciiTerminal({ TERM: 'dumb' })).toBe(true);
  expect(isAsciiTerminal({ TERM: 'linux', LANG: 'C.UTF-8' })).toBe(true);
});
