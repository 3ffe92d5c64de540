import fc from 'fast-check';
import { expect, test } from 'vitest';
import { didYouMean, nearest } from './did-you-mean.ts';

const known = ['RCON_PASSWORD', 'ADMIN_PASSWORD', 'SERVER_NAME', 'PUID', 'start', 'stop', 'restart'];

test.each([
  ['rcon_password', 'RCON_PASSWORD'],
  ['RCON_PASWORD', 'RCON_PASSWORD'],
  ['SERVERNAME', 'SERVER_NAME'],
  ['strat', 'start'],
  ['stpo', 'stop'],
  ['PIUD', 'PUID'],
  ['restrat', 'restart'],
  ['', undefined],
  ['x', undefined],
  ['completely different', undefined],
])('%s is near %s', (word, expected) => {
  expect(nearest(word, known)).toBe(expected);
});

test('says so, or says nothing', () => {
  expect(didYouMean('strat', known)).toBe('; did you mean "start"?');
  expect(didYouMean('zzzzzz', known)).toBe('');
  expect(didYouMean('start', [])).toBe('');
});

test('a known word is nearest to itself, and what it names is always one of those known', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), fc.string(), (words, word) => {
      expect(nearest(words[0] ?? '', words)?.toLowerCase()).toBe(words[0]?.toLowerCase());
      const near = nearest(word, words);
      if (near !== undefined) expect(words).toContain(near);
    }),
  );
});
