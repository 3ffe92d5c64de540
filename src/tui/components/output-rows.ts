import { wrap } from '../../platform/terminal/cell-width.ts';
import { stripControls } from '../../platform/terminal/terminal-text.ts';
import type { Output, OutputRow } from '../console/output.ts';

/** The rows of an output that show in `height` rows of `width` cells, when one has gone `up` rows from its end. */
export function shownOutput(
  { rows, dropped }: Output,
  { width, height, up }: { readonly width: number; readonly height: number; readonly up: number },
): { readonly rows: readonly OutputRow[]; readonly up: number } {
  const first: readonly OutputRow[] =
    dropped === 0 ? [] : [{ tone: 'dim', text: `${dropped} older rows are not kept any more` }];
  const all: OutputRow[] = [];
  let at = rows.length - 1;
  // From the end, and no further than is shown.
  for (; at >= 0 && all.length < height + up; at -= 1) {
    const row = rows[at];
    if (row)
      all.unshift(
        ...wrap(stripControls(row.text.replaceAll('\t', '  ')), width).map((text) => ({ tone: row.tone, text })),
      );
  }
  const whole = at < 0 ? [...first, ...all] : all;
  const held = Math.max(0, Math.min(up, whole.length - height));
  return { rows: whole.slice(Math.max(0, whole.length - height - held), whole.length - held), up: held };
}
