import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLiteralFinder } from './literal-finder.ts';

const letters = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'ä', '\u{1f9df}'), maxLength: 40 });
const literal = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'ä'), minLength: 2, maxLength: 9 });

test('finds what looking for each literal alone finds, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(literal, { minLength: 1, maxLength: 6 }), letters, (literals, text) => {
      expect(createLiteralFinder(literals)(text)).toBe(literals.some((one) => text.includes(one)));
    }),
    { numRuns: 5_000 },
  );
});

test('finds a literal of any length wherever it stands', () => {
  const find = createLiteralFinder(['SIGSEGV', 'No space left on device']);
  expect(['SIGSEGV', 'x SIGSEGV', '# SIGSEGV (0xb)', 'java.io: No space left on device'].every(find)).toBe(true);
  expect(['', 'SIGSEG', 'No space left on devic', 'no space left on device'].some(find)).toBe(false);
});

test.each([[[]], [['a']], [['ab', '']]])('takes no literals like %j', (literals) => {
  expect(() => createLiteralFinder(literals)).toThrow(RangeError);
});
