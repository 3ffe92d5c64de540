import type { Row } from './comparison.ts';

const heads = ['', 'ZedOps', 'against', 'ratio', 'goal', ''] as const;

/** Rows as a table of Markdown, aligned so that it can be read in a terminal too. */
export function markdownTable(rows: readonly Row[]): string {
  const cells = [heads, ...rows.map(cellsOf)];
  const widths = heads.map((_, column) => Math.max(3, ...cells.map((row) => width(row[column] ?? ''))));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((space, column) => pad(row[column] ?? '', space)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [line(head), `|${widths.map((space) => '-'.repeat(space + 2)).join('|')}|`, ...body.map(line)].join('\n');
}

function cellsOf({ what, ours, theirs, ratio, goal, met }: Row): readonly string[] {
  const verdict = met === undefined ? '' : met ? 'met' : '**missed**';
  return [what, ours, theirs ?? '', ratio === undefined ? '' : `${ratio.toFixed(2)}x`, goal ?? '', verdict];
}

function width(text: string): number {
  return [...text].length;
}

function pad(text: string, to: number): string {
  return text + ' '.repeat(Math.max(0, to - width(text)));
}
