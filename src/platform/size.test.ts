import { expect, test } from 'vitest';
import { parseSize } from './size.ts';

test.each([
  ['0', 0],
  ['512', 512],
  ['64k', 65_536],
  ['256M', 268_435_456],
  ['2g', 2_147_483_648],
  ['', undefined],
  ['2gb', undefined],
  ['-1', undefined],
  ['1.5g', undefined],
  ['999999999999t', undefined],
])('reads %j as %j bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});
