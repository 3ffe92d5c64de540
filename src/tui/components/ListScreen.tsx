import { Box } from 'ink';
import { type ReactElement, useState } from 'react';
import { useActions, useClicks, useSize, useTui } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import type { Place } from '../keys/keymap.ts';
import { type Piece, paintRow } from '../pieces.ts';
import { Footer, Header } from './Chrome.tsx';
import { type Column, firstShown, headRow, placeColumns, tableRow } from './columns.ts';
import { FilterField } from './FilterField.tsx';
import { Lines } from './Lines.tsx';

/** A list as it is looked at. */
export interface ListState<Row> {
  /** All rows there are. */
  readonly count: number;
  /** Those that pass the filter. */
  readonly shown: readonly Row[];
  /** Stays the same row while rows come and go. */
  readonly selected: Row | undefined;
  select(row: Row): void;
  readonly filter: string;
  setFilter(filter: string): void;
}

/** Keeps which row is selected and what is filtered for. Each word of the filter must be in a row's `textOf`. */
export function useList<Row>(
  items: readonly Row[],
  idOf: (row: Row) => string,
  textOf: (row: Row) => string,
): ListState<Row> {
  const [id, setId] = useState<string>();
  const [filter, setFilter] = useState('');
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = items.filter((row) => words.every((word) => textOf(row).toLowerCase().includes(word)));
  const selected = shown.find((row) => idOf(row) === id) ?? shown[0];
  return { count: items.length, shown, selected, select: (row) => setId(idOf(row)), filter, setFilter };
}

/** What a list of rows with one selected is drawn from. */
export interface ListScreenProps<Row> {
  /** Rows of the screen it fills. */
  readonly rows: number;
  readonly title: readonly Piece[];
  readonly list: ListState<Row>;
  readonly columns: readonly Column<Row>[];
  /** What is told where there is no row. */
  readonly empty: string;
  /** Why it may not be all, or not be new; shown above the list. */
  readonly problem?: string | undefined;
  /** All of the selected row, below the list. */
  readonly details: (row: Row) => readonly (readonly Piece[])[];
  readonly places: readonly Place[];
  readonly dim: ReadonlySet<string>;
}

/** A list with a filter, and all of the selected row below it. */
export function ListScreen<Row>(props: ListScreenProps<Row>): ReactElement {
  const { rows, title, list, details, problem } = props;
  const { shown: items, selected, filter, setFilter } = list;
  const { theme } = useTui();
  const { columns } = useSize();
  const [isFiltering, setFiltering] = useState(false);
  const at = selected === undefined ? 0 : items.indexOf(selected);
  // What belongs to a selected row takes at most half of the screen.
  const told = selected === undefined ? [] : details(selected);
  const detailRows = Math.min(told.length, Math.max(0, Math.floor((rows - 6) / 2)));
  const above = problem === undefined ? 0 : 1;
  const height = Math.max(1, rows - 4 - above - detailRows - (isFiltering ? 1 : 0));
  const select = (index: number): void => {
    const next = items[Math.max(0, Math.min(items.length - 1, index))];
    if (next !== undefined) list.select(next);
  };
  useActions(layers.screen, ['rows', 'list', 'everywhere'], {
    down: () => select(at + 1),
    up: () => select(at - 1),
    'page-down': () => select(at + height),
    'page-up': () => select(at - height),
    first: () => select(0),
    last: () => select(items.length - 1),
    'rows.filter': () => setFiltering(true),
    ...(filter === '' ? {} : { back: () => setFilter('') }),
  });
  const placed = placeColumns(props.columns, items, columns);
  const first = firstShown(at, items.length, height);
  useClicks(layers.screen, ({ row }) => {
    const index = row - 2 - above + first;
    if (row < 2 + above || row >= 2 + above + height || items[index] === undefined) return false;
    select(index);
    return true;
  });
  const body = items
    .slice(first, first + height)
    .map((row, index) => tableRow(theme, placed, row, columns, first + index === at));
  const empty = list.count === 0 ? props.empty : `No row has "${filter}": Esc shows all`;
  const count = items.length === list.count ? `${items.length}` : `${items.length} of ${list.count}`;
  const place = items.length === 0 ? '' : `${at + 1} of ${count}${filter === '' ? '' : ` · filter "${filter}"`}`;
  return (
    <Box flexDirection="column">
      <Header title={title} />
      <Lines
        rows={[
          ...(problem === undefined ? [] : [paintRow(theme, [['warn', problem]], columns)]),
          headRow(theme, placed, columns),
          ...Array.from({ length: height }, (_, index) =>
            body.length === 0 && index === 0 ? paintRow(theme, [['dim', empty]], columns) : (body[index] ?? ''),
          ),
          paintRow(theme, [['dim', place]], columns),
          ...told.slice(0, detailRows).map((row) => paintRow(theme, row, columns)),
        ]}
      />
      {isFiltering ? <FilterField filter={filter} onChange={setFilter} onDone={() => setFiltering(false)} /> : null}
      <Footer places={[...props.places, 'rows', 'everywhere']} dim={props.dim} />
    </Box>
  );
}

/** A name and its value, as {@link ListScreenProps.details} shows them; nothing where the value is not known. */
export function detail(name: string, ...value: readonly (Piece | undefined)[]): readonly (readonly Piece[])[] {
  const known = value.filter((piece) => piece !== undefined && piece !== '');
  return known.length === 0 ? [] : [[['dim', name.padEnd(13)], ...known.filter((piece) => piece !== undefined)]];
}
