import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shellWord, shellWords } from './shell-words.ts';

test('takes a line apart as a shell does', () => {
  expect(shellWords(`rcon alpha 'kickuser "Old Tom"' a\\ b "it's"`).words).toEqual([
    'rcon',
    'alpha',
    'kickuser "Old Tom"',
    'a b',
    "it's",
  ]);
  expect(shellWords('server st')).toMatchObject({ words: ['server', 'st'], last: { from: 7, text: 'st' } });
  expect(shellWords('server ')).toMatchObject({ words: ['server'], last: { from: 7, text: '' } });
  expect(shellWords("say 'half")).toMatchObject({ words: ['say', 'half'], isOpen: true });
});

test('what is written is read again', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      expect(shellWords(words.map(shellWord).join(' ')).words).toEqual(words);
    }),
  );
});
