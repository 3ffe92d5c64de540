import { cellWidth, cut } from '../platform/terminal/cell-width.ts';
import { stripControls } from '../platform/terminal/terminal-text.ts';
import { paneMark } from './terminal/pane.ts';
import type { Theme, Tone } from './theme.ts';

/** A text and what it is; a row of a screen is some of them. What a terminal would obey is taken out as it is painted. */
export type Piece = string | readonly [tone: Tone, text: string];

/** The cells some pieces take. */
export function piecesWidth(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + cellWidth(textOf(piece)), 0);
}

/** Paints a row of at most `width` cells: what does not fit is cut. */
export function paintRow(theme: Theme, pieces: readonly Piece[], width: number): string {
  let room = width;
  let row = '';
  for (const piece of pieces) {
    if (room <= 0) break;
    const text = cut(textOf(piece), room);
    room -= cellWidth(text);
    row += theme.paint(typeof piece === 'string' ? 'plain' : piece[0], text);
  }
  return row;
}

/** Paints a row of exactly `width` cells in one tone, whatever tones its pieces have: a selected one. */
export function paintWhole(theme: Theme, tone: Tone, pieces: readonly Piece[], width: number): string {
  const text = cut(pieces.map(textOf).join(''), width);
  return theme.paint(tone, text + ' '.repeat(Math.max(0, width - cellWidth(text))));
}

/** Pieces on the left and on the right of a row, with blanks between; the left ones give way. */
export function paintEnds(theme: Theme, left: readonly Piece[], right: readonly Piece[], width: number): string {
  const rightWidth = Math.min(width, piecesWidth(right));
  const leftRow = paintRow(theme, left, Math.max(0, width - rightWidth - 1));
  const leftWidth = Math.min(Math.max(0, width - rightWidth - 1), piecesWidth(left));
  return leftRow + ' '.repeat(Math.max(0, width - leftWidth - rightWidth)) + paintRow(theme, right, rightWidth);
}

function textOf(piece: Piece): string {
  const text = typeof piece === 'string' ? piece : piece[1];
  return stripControls(text.includes('\t') || text.includes('\n') ? text.replace(/\s/g, ' ') : text).replaceAll(
    paneMark,
    '',
  );
}
