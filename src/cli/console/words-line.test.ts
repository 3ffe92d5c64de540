import { expect, it } from 'vitest';
import { lineOfWords } from './words-line.ts';

it.each([
  [['players'], 'players'],
  [[' servermsg "hi there" '], 'servermsg "hi there"'],
  [['servermsg', 'hi there'], 'servermsg "hi there"'],
  [['changeoption', 'PublicName', ''], 'changeoption PublicName ""'],
  [['kickuser', '"Old Tom"', '-r', 'x'], 'kickuser "Old Tom" -r x'],
  [[], ''],
])('%j is the line %j', (words, line) => {
  expect(lineOfWords(words)).toBe(line);
});

it('refuses a quote inside a word', () => {
  expect(() => lineOfWords(['kickuser', 'a" quit'])).toThrow(/quote in it/);
});
