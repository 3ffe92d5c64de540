import { stripControls } from '../../platform/terminal/terminal-text.ts';

/** A cell of a table: text, and how it is painted once its width is known. */
export type Cell = string | undefined | { readonly text: string; readonly paint: (text: string) => string };

/** Rows in columns set apart by two spaces, without lines around them. What is not known is `-`. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const all: readonly (readonly Cell[])[] = head.length === 0 ? rows : [head, ...rows];
  const widths: number[] = [];
  for (const row of all) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, textOf(cell).length);
  }
  return all
    .map((row) =>
      row
        .map((cell, column) => {
          const text = textOf(cell);
          const isLast = column === row.length - 1;
          const painted = typeof cell === 'object' ? cell.paint(text) : text;
          return isLast ? painted : painted + ' '.repeat((widths[column] ?? 0) - text.length);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function textOf(cell: Cell): string {
  const text = stripControls((typeof cell === 'object' ? cell.text : (cell ?? '')).replace(/\s+/g, ' '));
  return text === '' ? '-' : text;
}

/** Names with their values under one another; pairs without a value are left out. */
export function pairs(entries: readonly (readonly [string, Cell])[]): string {
  return table(
    [],
    entries.filter(([, value]) => value !== undefined),
  );
}

/** A length of time in its two largest units: `4.2 s`, `3 min 5 s`, `2 h 10 min`, `5 d 3 h`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return joined(Math.floor(whole / 60), 'min', whole % 60, 's');
  if (whole < 86_400) return joined(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
  return joined(Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3600), 'h');
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** A count with its noun: `1 server`, `3 servers`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Bytes in binary units. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Math.round(value * 10) / 10} ${units[unit]}`;
}

/** A time as `2026-11-21 09:07:28Z`. */
export function moment(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+(?=Z|[+-])/, '');
}
