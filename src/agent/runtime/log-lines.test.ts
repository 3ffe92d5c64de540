import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLogLines } from './log-lines.ts';

const timeOf = (nth: number): string => {
  const nanoseconds = 1_000_000 * nth;
  const seconds = String(Math.floor(nanoseconds / 1e9)).padStart(2, '0');
  return `2026-01-21T08:00:${seconds}.${String(nanoseconds % 1e9).padStart(9, '0')}Z`;
};

/** What comes out for lines that an engine gives in this order. */
function gather(order: readonly { readonly nth: number; readonly isError?: boolean }[]): string[] {
  const lines = createLogLines(undefined);
  for (const { nth, isError = false } of order) {
    const text = Buffer.from(`line ${nth}`);
    lines.add(timeOf(nth), isError, text, 0, text.length);
  }
  lines.finish();
  const taken = lines.take();
  return taken ? taken.text.split('\n').map((line) => line.slice(line.indexOf(' ') + 3)) : [];
}

describe('lines that an engine gives', () => {
  test('again after a rotation come out once', () => {
    const first = Array.from({ length: 200 }, (_, nth) => ({ nth }));
    const again = first.slice(120);
    const rest = [{ nth: 200 }, { nth: 201 }];
    expect(gather([...first, ...again, ...rest])).toEqual([...first, ...rest].map(({ nth }) => `line ${nth}`));
  });

  test('out of order, because stdout and stderr are stamped each for itself, all come out', () => {
    const order = [{ nth: 1 }, { nth: 3 }, { nth: 2, isError: true }, { nth: 4 }, { nth: 3, isError: true }];
    expect(gather(order)).toEqual(order.map(({ nth }) => `line ${nth}`));
  });

  test('with the same time, one after another, all come out', () => {
    expect(gather([{ nth: 1 }, { nth: 1 }, { nth: 1 }, { nth: 2 }])).toHaveLength(4);
  });

  test('with any parts of them again are whole and in order', () => {
    fc.assert(
      // The newest line alone, given again, cannot be told from another of the same nanosecond.
      fc.property(
        fc.array(
          fc.nat(30).filter((back) => back !== 1),
          { maxLength: 20 },
        ),
        (backs) => {
          const order: { nth: number }[] = [];
          let next = 0;
          for (const back of backs) {
            for (let nth = Math.max(0, next - back); nth < next + 5; nth += 1) order.push({ nth });
            next += 5;
          }
          expect(gather(order)).toEqual(Array.from({ length: next }, (_, nth) => `line ${nth}`));
        },
      ),
    );
  });
});
