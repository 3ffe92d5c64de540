/**
 * How many cells of a terminal a text takes: two for wide letters and emoji, none for marks that join the letter before.
 * Controls and escape sequences do not belong into it.
 */
export function cellWidth(text: string): number {
  if (narrow.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segments(text)) width += widthOf(segment);
  return width;
}

/** Cuts a text to at most `cells`, with `…` where something is left out; never through the middle of a letter. */
export function cut(text: string, cells: number): string {
  if (cells <= 0) return '';
  if (cellWidth(text) <= cells) return text;
  if (narrow.test(text)) return `${text.slice(0, cells - 1)}…`;
  let width = 0;
  let kept = '';
  for (const { segment } of segments(text)) {
    const more = widthOf(segment);
    if (width + more > cells - 1) break;
    width += more;
    kept += segment;
  }
  return `${kept}…`;
}

/** A text in exactly `cells`: cut, or filled with blanks on the side it is not aligned to. */
export function inCells(text: string, cells: number, align: 'left' | 'right' = 'left'): string {
  const kept = cut(text, cells);
  const blanks = ' '.repeat(Math.max(0, cells - cellWidth(kept)));
  return align === 'left' ? kept + blanks : blanks + kept;
}

/** Takes a text apart into what a person takes for one letter each. */
export function lettersOf(text: string): readonly string[] {
  return narrow.test(text) ? text.split('') : Array.from(segments(text), ({ segment }) => segment);
}

/** Takes a text apart into pieces of at most `cells` each. */
export function wrap(text: string, cells: number): string[] {
  if (cells <= 0 || text === '') return [text];
  const rows: string[] = [];
  if (narrow.test(text)) {
    for (let start = 0; start < text.length; start += cells) rows.push(text.slice(start, start + cells));
    return rows;
  }
  let row = '';
  let width = 0;
  for (const { segment } of segments(text)) {
    const more = widthOf(segment);
    if (width + more > cells && row !== '') {
      rows.push(row);
      row = '';
      width = 0;
    }
    row += segment;
    width += more;
  }
  rows.push(row);
  return rows;
}

/**
 * Texts of which each UTF-16 unit is a letter of one cell: ASCII, Latin, Greek, Cyrillic, dashes, arrows, lines, blocks.
 * Most are, and to find the letters of the others takes a hundred times as long.
 */
const narrow =
  /^[\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2190-\u21ff\u2500-\u25fc]*$/;

let segmenter: Intl.Segmenter | undefined;
/** Made when it is first needed, which in most sessions it never is: that takes some 20 ms. */
function segments(text: string): Iterable<{ readonly segment: string }> {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

const joining = /^(?:\p{Default_Ignorable_Code_Point}|\p{Mark})+$/u;
/**
 * Emoji: one that is a picture by itself, one made a picture by U+FE0F or a colour of skin, a flag of two letters. Not
 * `\p{RGI_Emoji}`, which knows them all by name and takes tens of milliseconds before its first answer.
 */
const emoji =
  /^(?:\p{Regional_Indicator}{2}|(?!\p{Regional_Indicator})\p{Emoji_Presentation}|\p{Emoji}(?:\ufe0f|\p{Emoji_Modifier}))/u;

/** East Asian Wide and Fullwidth of Unicode 16, as ranges of code points, without emoji. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x1d300, 0x1d376],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
];

function widthOf(segment: string): number {
  const code = segment.codePointAt(0) ?? 0;
  if (code < 0x300) return segment === '\t' ? 1 : code < 0x20 ? 0 : 1;
  if (joining.test(segment)) return 0;
  if (emoji.test(segment)) return 2;
  return wide.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}
