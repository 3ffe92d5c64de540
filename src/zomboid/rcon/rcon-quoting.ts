/**
 * Puts a text into quotes as one argument of a command. The game knows no escapes and removes every quote, so quotes
 * become apostrophes; line breaks and other controls become spaces.
 */
export function quoteArgument(text: string): string {
  return `"${text.replace(/"/g, "'").replace(/[\u0000-\u001f\u007f]+/g, ' ')}"`;
}

/** Cuts a command line into words as the game does: quoted text is one word, and quotes vanish wherever they stand. */
export function splitCommand(line: string): readonly string[] {
  const words: string[] = [];
  for (const match of line.trim().matchAll(/("[^"]*"|[^"]\S*)\s*/g)) words.push((match[1] ?? '').replaceAll('"', ''));
  return words;
}
