import type { LineText } from '../../platform/line-editor/line-text.ts';
import { cellWidth, lettersOf } from '../../platform/terminal/cell-width.ts';
import { stripControls } from '../../platform/terminal/terminal-text.ts';
import type { Piece } from '../pieces.ts';

/** The part of a line that fits in `cells`, with the letter under the cursor marked; moved sideways so that it shows. */
export function editorPieces({ text, cursor }: LineText, cells: number): readonly Piece[] {
  const before = lettersOf(stripControls(text.slice(0, cursor)));
  const [under = ' ', ...after] = lettersOf(stripControls(text.slice(cursor)));
  // A third stays free for what follows, while there is more than fits.
  const room = cellWidth(text) < cells ? cells - 1 : Math.floor((cells * 2) / 3);
  let from = before.length;
  let width = cellWidth(under);
  while (from > 0 && width + cellWidth(before[from - 1] ?? '') <= room) {
    from -= 1;
    width += cellWidth(before[from] ?? '');
  }
  let to = 0;
  while (to < after.length && width + cellWidth(after[to] ?? '') <= cells) {
    width += cellWidth(after[to] ?? '');
    to += 1;
  }
  return [before.slice(from).join(''), ['selected', under], after.slice(0, to).join('')];
}
