import { cellWidth } from '../../platform/terminal/cell-width.ts';

/**
 * What a frame writes at the start of each row it leaves to the pane. A letter of Unicode's private use, so that no text
 * from anywhere else is taken for it.
 */
export const paneMark = '\u{f1cad}';

/**
 * A row with what clears the rest of it. A full row clears nothing: the cursor then stands on its last cell, and that
 * would go.
 */
export function wholeRow(row: string, width: number): string {
  const cells = cellWidth(row.replace(colours, ''));
  return cells < width ? `${row}\u001b[0m\u001b[K` : `${row}\u001b[0m`;
}

const colours = /\u001b\[[\d;]*m/g;

/** What is shown in a pane: rows that are painted past React, because they may change a thousand times in a second. */
export interface PaneSource {
  /** The rows as they should be now: at most `height`, each at most `width` cells, with their colours. */
  rows(width: number, height: number): readonly string[];
  /**
   * The rows that have come at the end since either was last called, where all before them have only moved up;
   * undefined where that is not so.
   */
  newRows(width: number, height: number): readonly string[] | undefined;
  /** Calls `listener` when there is something new; the returned function takes that back. */
  onChange(listener: () => void): () => void;
}

/** Rows of the screen, counted from 0. */
export interface PaneArea {
  readonly top: number;
  readonly height: number;
}

/** A source on the screen, and what of it is there. */
export interface Pane {
  readonly source: PaneSource;
  isDirty(): boolean;
  /** Undefined where it is not known. */
  shown(): readonly string[] | undefined;
  painted(rows: readonly string[]): void;
  forget(): void;
  end(): void;
}

/**
 * The bytes that bring a pane up to date: new rows at its end by scrolling its region, which costs those rows only;
 * anything else by writing the rows that differ.
 */
export function paintPane(pane: Pane, { top, height }: PaneArea, width: number): string {
  if (!pane.isDirty()) return '';
  const shown = pane.shown();
  if (shown?.length === height) {
    const added = pane.source.newRows(width, height);
    if (added !== undefined && added.length < height) {
      pane.painted([...shown.slice(added.length), ...added]);
      return added.length === 0 ? '' : scrolled(added, { top, height });
    }
  }
  const rows = pane.source.rows(width, height);
  const all = Array.from({ length: height }, (_, index) => rows[index] ?? '');
  pane.painted(all);
  return all
    .map((row, index) => (row === shown?.[index] ? '' : `\u001b[${top + index + 1};1H${wholeRow(row, width)}`))
    .join('');
}

function scrolled(added: readonly string[], { top, height }: PaneArea): string {
  // A row that scrolls in is empty: there is nothing of another to clear.
  const rows = added.map((row) => `\r\n${row}\u001b[0m`).join('');
  return `\u001b[${top + 1};${top + height}r\u001b[${top + height};1H${rows}\u001b[r`;
}
