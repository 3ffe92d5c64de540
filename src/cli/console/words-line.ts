import { ZedopsError } from '../../protocol/errors.ts';
import { quoteArgument } from '../../zomboid/rcon/rcon-quoting.ts';

/**
 * The words of a shell as one line for the game. One word is the line itself; of several, those with spaces are quoted.
 * @throws ZedopsError INVALID_INPUT for a quote inside a word, which the game cannot be told.
 */
export function lineOfWords(words: readonly string[]): string {
  const [only, ...others] = words;
  if (only !== undefined && others.length === 0) return only.trim();
  return words.map(quotedWord).join(' ');
}

function quotedWord(word: string): string {
  if (/^"[^"]*"$/.test(word)) return word;
  if (word.includes('"')) {
    throw new ZedopsError('INVALID_INPUT', 'A word has a quote in it, which the game cannot be told', {
      hint: `give the whole line as one word, as in: zedops rcon alpha 'kickuser "Old Tom"'`,
    });
  }
  return word === '' || /\s/.test(word) ? quoteArgument(word) : word;
}
