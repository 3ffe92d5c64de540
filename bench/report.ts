import { readFile, writeFile } from 'node:fs/promises';
import type { Bench, Row } from './comparison.ts';
import { markdownTable } from './table.ts';

/** What came of one bench. */
export interface BenchResult {
  readonly bench: Bench;
  readonly rows: readonly Row[];
  readonly machine: string;
  /** ISO time. */
  readonly at: string;
}

/**
 * Writes results into a page, each between its own pair of markers, so that a run of one bench leaves the others'
 * figures as they are. @throws Error when the page lacks a bench's markers.
 */
export async function writeResults(path: string, results: readonly BenchResult[]): Promise<void> {
  let page = await readFile(path, 'utf8');
  for (const { bench, rows, machine, at } of results) {
    const [begin, end] = [`<!-- results of ${bench.name} -->`, `<!-- end of ${bench.name} -->`];
    const from = page.indexOf(begin);
    const to = page.indexOf(end);
    if (from === -1 || to < from) throw new Error(`${path} has no place for the results of ${bench.name}`);
    const text = [
      begin,
      bench.method,
      '',
      markdownTable(rows),
      '',
      `\`npm run bench ${bench.name}\`, ${at.slice(0, 16).replace('T', ' ')} UTC. ${machine}.`,
      '',
    ].join('\n');
    page = page.slice(0, from) + text + page.slice(to);
  }
  await writeFile(path, page);
}
