import { cellWidth, lettersOf } from '../terminal/cell-width.ts';
import { stripControls } from '../terminal/terminal-text.ts';
import type { LineText } from './line-text.ts';

/** One row of a terminal: what stands in it, and the column of the cursor. */
export interface Row {
  readonly text: string;
  readonly column: number;
}

/** The part of a line that fits behind its prompt in `columns`: never wrapped, moved sideways so that the cursor shows. */
export function rowOf(prompt: string, { text, cursor }: LineText, columns: number): Row {
  const most = Math.max(20, columns) - 1;
  const shownPrompt = cellWidth(prompt) > most / 2 ? '> ' : prompt;
  const room = most - cellWidth(shownPrompt);
  const before = lettersOf(stripControls(text.slice(0, cursor)));
  const after = lettersOf(stripControls(text.slice(cursor)));
  let width = 0;
  let from = before.length;
  // A third stays free for what follows, while there is more than fits.
  const roomBefore = cellWidth(text) <= room ? room : Math.floor((room * 2) / 3);
  while (from > 0 && width + cellWidth(before[from - 1] ?? '') <= roomBefore) {
    from -= 1;
    width += cellWidth(before[from] ?? '');
  }
  const column = cellWidth(shownPrompt) + width;
  let to = 0;
  while (to < after.length && width + cellWidth(after[to] ?? '') <= room) {
    width += cellWidth(after[to] ?? '');
    to += 1;
  }
  return { text: shownPrompt + before.slice(from).join('') + after.slice(0, to).join(''), column };
}

/** So many candidates are shown below a line. */
const mostShown = 60;

/** Candidates in columns, as many as fit the screen; how many are left out is said. */
export function candidateRows(candidates: readonly string[], columns: number): string {
  const shown = candidates.slice(0, mostShown).map(stripControls);
  const width = Math.min(columns, Math.max(...shown.map(cellWidth)) + 2);
  const perRow = Math.max(1, Math.floor(columns / width));
  const rows: string[] = [];
  for (let at = 0; at < shown.length; at += perRow) {
    const row = shown.slice(at, at + perRow).map((word) => word + ' '.repeat(Math.max(0, width - cellWidth(word))));
    rows.push(row.join('').trimEnd());
  }
  const rest = candidates.length - shown.length;
  return [...rows, ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n');
}

/** The beginning that all candidates share, in any case; written as the first of them has it. */
export function sharedStart(candidates: readonly string[]): string {
  const [first = '', ...others] = candidates;
  const letters = lettersOf(first);
  let count = letters.length;
  for (const other of others) {
    const theirs = lettersOf(other);
    let same = 0;
    while (same < count && letters[same]?.toLowerCase() === theirs[same]?.toLowerCase()) same += 1;
    count = same;
  }
  return letters.slice(0, count).join('');
}
