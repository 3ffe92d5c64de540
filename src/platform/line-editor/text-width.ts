const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Cuts a text into what a person takes for one letter each. */
export function lettersOf(text: string): readonly string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/** Columns that a letter fills in a terminal: 0 for lone marks, 2 for East Asian and emoji, else 1. */
export function columnsOf(letter: string): number {
  if (/^[\p{Mark}\p{Format}]+$/u.test(letter)) return 0;
  return wide.test(letter) ? 2 : 1;
}

/** The blocks of East Asian Width "wide" and "fullwidth" in use, and what is shown as an emoji. */
const wide =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f)/u;

/** Columns that a text fills. */
export function widthOf(text: string): number {
  let width = 0;
  for (const letter of lettersOf(text)) width += columnsOf(letter);
  return width;
}
