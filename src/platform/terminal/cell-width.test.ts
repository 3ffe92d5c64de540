import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cellWidth, cut, inCells, wrap } from './cell-width.ts';

test.each([
  ['plain', 5],
  ['schön', 5],
  ['日本語', 6],
  ['🧟', 2],
  ['👩‍🚀', 2],
  ['🇩🇪', 2],
  ['🇩', 1],
  ['☝🏽', 2],
  ['❤️', 2],
  ['❤', 1],
  ['▶', 1],
  ['▼ 128 new · → …', 15],
  ['Привет', 6],
  ['e\u0301', 1],
  ['한글', 4],
  ['●', 1],
  ['', 0],
])('%s takes %i cells', (text, cells) => {
  expect(cellWidth(text)).toBe(cells);
});

test('cuts between letters and never takes more cells than there are', () => {
  expect(cut('日本語', 5)).toBe('日本…');
  expect(cut('日本語', 4)).toBe('日…');
  expect(cut('abcdef', 3)).toBe('ab…');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 40 }), (text, cells) => {
      expect(cellWidth(cut(text, cells))).toBeLessThanOrEqual(cells);
    }),
  );
});

test('fits a text into exactly its cells', () => {
  expect(inCells('12', 5, 'right')).toBe('   12');
  expect(inCells('日本語', 4)).toBe('日… ');
});

test('wraps without losing a letter', () => {
  expect(wrap('日本語', 4)).toEqual(['日本', '語']);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 40 }), (text, cells) => {
      const rows = wrap(text, cells);
      expect(rows.join('')).toBe(text);
      for (const row of rows) expect(cellWidth(row)).toBeLessThanOrEqual(cells);
    }),
  );
});
