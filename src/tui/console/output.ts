import type { Tone } from '../theme.ts';

/** A row of what a console or a command has said. */
export interface OutputRow {
  readonly tone: Tone;
  readonly text: string;
}

/** What was said, newest last, within bounds. */
export interface Output {
  readonly rows: readonly OutputRow[];
  /** Rows that had to go at the beginning. */
  readonly dropped: number;
  readonly chars: number;
}

/** Nothing said yet. */
export const noOutput: Output = { rows: [], dropped: 0, chars: 0 };

const mostRows = 5_000;
const mostChars = 1024 * 1024;
const longestRow = 8 * 1024;

/** The output after a text of any number of lines; the oldest rows go where there are too many. */
export function withText(output: Output, tone: Tone, text: string): Output {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  return withRows(
    output,
    lines.slice(-mostRows).map((line) => ({ tone, text: line.slice(0, longestRow) })),
  );
}

/** The output after some rows. */
export function withRows(output: Output, added: readonly OutputRow[]): Output {
  const all = [...output.rows, ...added];
  let chars = output.chars + added.reduce((sum, { text }) => sum + text.length, 0);
  let from = 0;
  while (all.length - from > mostRows || (chars > mostChars && all.length - from > 1)) {
    chars -= all[from]?.text.length ?? 0;
    from += 1;
  }
  return { rows: all.slice(from), dropped: output.dropped + from, chars };
}
