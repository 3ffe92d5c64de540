import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batchAfter, type LogBatch, linesOf } from './log.ts';

const line = fc.record({
  output: fc.constantFrom('o', 'e'),
  text: fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' ')),
});
const batches: fc.Arbitrary<LogBatch> = fc
  .tuple(fc.integer({ min: 1, max: 1e9 }), fc.array(line, { minLength: 1, maxLength: 20 }))
  .map(([first, lines]) => ({
    kind: 'lines',
    stream: 's',
    first,
    count: lines.length,
    text: lines.map(({ output, text }) => `2026-01-01T00:00:00.123456789Z ${output} ${text}`).join('\n'),
  }));

test('a batch taken apart has its lines, numbered one after another', () => {
  fc.assert(
    fc.property(batches, (batch) => {
      const lines = [...linesOf(batch)];
      expect(lines).toHaveLength(batch.count);
      expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => batch.first + index));
      const again = lines.map(({ time, output, text }) => `${time} ${output === 'stderr' ? 'e' : 'o'} ${text}`);
      expect(again.join('\n')).toBe(batch.text);
    }),
  );
});

test('a batch cut after a number has exactly the lines that follow it', () => {
  fc.assert(
    fc.property(batches, fc.integer({ min: -3, max: 25 }), (batch, offset) => {
      const through = batch.first + offset;
      const rest = batchAfter(batch, through);
      const wanted = [...linesOf(batch)].filter(({ seq }) => seq > through);
      expect(rest === undefined ? [] : [...linesOf(rest)]).toEqual(wanted);
      if (rest) expect(rest.count).toBe(wanted.length);
    }),
  );
});
