import { inCells } from '../../platform/terminal/cell-width.ts';
import { type Piece, paintRow, paintWhole, piecesWidth } from '../pieces.ts';
import type { Theme } from '../theme.ts';

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** The less important (the larger the number), the sooner it gives way where a screen is narrow. */
  readonly priority: number;
  readonly cell: (row: Row) => Piece;
  readonly align?: 'left' | 'right';
  /** Cells it takes at most. */
  readonly most: number;
  /** Cells below which it rather gives way; without it, it is as wide as its widest cell. */
  readonly least?: number;
  /** True where it is left out while no row has anything in it. */
  readonly isRare?: true;
}

/** A column with the cells it was given. */
export interface PlacedColumn<Row> {
  readonly column: Column<Row>;
  readonly width: number;
}

const gap = 2;

/** What is shown for what is not known. */
export const unknown = '–';

/** Gives columns their cells: as many as their widest needs, and where they do not inCells, the least important go. */
export function placeColumns<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): readonly PlacedColumn<Row>[] {
  const wanted = columns.filter(({ isRare, cell }) => !isRare || rows.some((row) => !isEmpty(cell(row))));
  const natural = wanted.map((column) => ({
    column,
    width: Math.min(
      column.most,
      rows.reduce((widest, row) => Math.max(widest, piecesWidth([column.cell(row)])), column.title.length),
    ),
  }));
  let placed: readonly PlacedColumn<Row>[] = natural;
  for (;;) {
    const over = total(placed) - width;
    if (over <= 0) return placed;
    const shrunk = shrink(placed, over);
    if (total(shrunk) <= width) return shrunk;
    const least = Math.max(...placed.map(({ column }) => column.priority));
    const next = placed.filter(({ column }) => column.priority !== least);
    if (next.length === 0) return placed.slice(0, 1).map(({ column }) => ({ column, width }));
    placed = next;
  }
}

function isEmpty(piece: Piece): boolean {
  return ['', unknown].includes(typeof piece === 'string' ? piece : piece[1]);
}

/** Takes cells from columns that can do with fewer, the least important first. */
function shrink<Row>(placed: readonly PlacedColumn<Row>[], over: number): readonly PlacedColumn<Row>[] {
  let rest = over;
  const widths = new Map<Column<Row>, number>();
  for (const { column, width } of placed.toSorted((a, b) => b.column.priority - a.column.priority)) {
    const spare = column.least === undefined ? 0 : Math.max(0, width - column.least);
    const taken = Math.min(spare, rest);
    rest -= taken;
    widths.set(column, width - taken);
  }
  return placed.map(({ column, width }) => ({ column, width: widths.get(column) ?? width }));
}

function total(placed: readonly { readonly width: number }[]): number {
  return placed.reduce((sum, { width }) => sum + width, 0) + gap * Math.max(0, placed.length - 1);
}

/** The row of titles. */
export function headRow<Row>(theme: Theme, placed: readonly PlacedColumn<Row>[], width: number): string {
  const pieces = placed.map(
    ({ column, width: cells }, index): Piece => [
      'dim',
      inCells(column.title, cells, column.align) + blanks(index, placed),
    ],
  );
  return paintRow(theme, pieces, width);
}

/** One row; a selected one is marked from edge to edge. */
export function tableRow<Row>(
  theme: Theme,
  placed: readonly PlacedColumn<Row>[],
  row: Row,
  width: number,
  isSelected: boolean,
): string {
  const pieces = placed.map(({ column, width: cells }, index): Piece => {
    const cell = column.cell(row);
    const [tone, text] = typeof cell === 'string' ? (['plain', cell] as const) : cell;
    return [tone, inCells(text, cells, column.align) + blanks(index, placed)];
  });
  return isSelected ? paintWhole(theme, 'selected', pieces, width) : paintRow(theme, pieces, width);
}

function blanks(index: number, placed: readonly unknown[]): string {
  return index === placed.length - 1 ? '' : ' '.repeat(gap);
}

/** The first of `height` rows to show of `count`, so that the selected one is among them and near the middle. */
export function firstShown(selected: number, count: number, height: number): number {
  return Math.max(0, Math.min(selected - Math.floor(height / 2), count - height));
}
