import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellWidth } from '../terminal/cell-width.ts';
import { candidateRows, rowOf, sharedStart } from './line-view.ts';

describe('rowOf', () => {
  it('shows a short line whole', () => {
    expect(rowOf('alpha> ', { text: 'players', cursor: 3 }, 80)).toEqual({ text: 'alpha> players', column: 10 });
  });

  it('counts wide letters as two columns and marks as none', () => {
    expect(rowOf('> ', { text: '日本e\u0301', cursor: 2 }, 80).column).toBe(6);
    expect(cellWidth('日本e\u0301👍')).toBe(7);
  });

  it('never fills more than the row, and the cursor is always in it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.nat(),
        fc.integer({ min: 1, max: 120 }),
        fc.string({ maxLength: 40 }),
        (text, place, columns, name) => {
          const { text: row, column } = rowOf(
            `${name.replace(/\s/g, '')}> `,
            { text, cursor: place % (text.length + 1) },
            columns,
          );
          expect(cellWidth(row)).toBeLessThan(Math.max(20, columns));
          expect(column).toBeLessThan(Math.max(20, columns));
        },
      ),
    );
  });
});

describe('candidateRows', () => {
  it('puts as many beside each other as fit, and says how many are left out', () => {
    expect(candidateRows(['aa', 'bb', 'cc'], 8)).toBe('aa  bb\ncc');
    expect(
      candidateRows(
        Array.from({ length: 70 }, (_, at) => `w${at}`),
        200,
      ),
    ).toMatch(/\n… and 10 more$/);
  });

  it('shows nothing that a terminal would obey', () => {
    expect(candidateRows(['a\u001b[2Jb'], 80)).toBe('ab');
  });
});

describe('sharedStart', () => {
  it.each([
    [['kickuser', 'kickfromsafehouse'], 'kick'],
    [['PVP', 'pvpLog'], 'PVP'],
    [['a', 'b'], ''],
    [['only'], 'only'],
  ])('of %j is %j', (candidates, start) => {
    expect(sharedStart(candidates)).toBe(start);
  });
});
