/** A line taken apart as a shell does it: quotes and backslashes hold words together. */
export interface ShellWords {
  readonly words: readonly string[];
  /** The word at the end, which is still being typed: where it begins, and what it is; empty after a blank. */
  readonly last: { readonly from: number; readonly text: string };
  /** A quote that is not closed. */
  readonly isOpen: boolean;
}

/** Takes a line apart. Nothing is put in for `$`, `*` and their like. */
export function shellWords(line: string): ShellWords {
  const words: string[] = [];
  let word: { from: number; text: string } | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at] ?? '';
    if (quote === '' && /\s/.test(letter)) {
      if (word) words.push(word.text);
      word = undefined;
      continue;
    }
    word ??= { from: at, text: '' };
    if (letter === quote) quote = '';
    else if (quote === '' && (letter === '"' || letter === "'")) quote = letter;
    else if (letter === '\\' && quote !== "'" && at + 1 < line.length) {
      at += 1;
      word.text += line[at] ?? '';
    } else word.text += letter;
  }
  if (word) words.push(word.text);
  return { words, last: word ?? { from: line.length, text: '' }, isOpen: quote !== '' };
}

/** A word as it is typed in a shell: in quotes where it has to be. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
