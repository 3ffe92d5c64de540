/** A number at a time, in milliseconds since 1970. */
export interface SparkPoint {
  readonly at: number;
  readonly value: number;
}

/** How a row of marks is drawn. */
export interface SparkOptions {
  /** How many marks: one cell each. */
  readonly cells: number;
  /** The time of the last mark, and how long before it the first begins. Milliseconds. */
  readonly now: number;
  readonly spanMs: number;
  /** What a full mark stands for at least, so that little does not look like much. */
  readonly top: number;
  /** True for a terminal that may not have the blocks. */
  readonly isAscii: boolean;
}

const blocks = '▁▂▃▄▅▆▇█';
const letters = '_.:-=+*#';
/** What was measured holds until the next measurement, which comes once a minute where nobody watches. */
const holdsMs = 90_000;

/** Draws numbers over time as a row of marks, the newest on the right; a blank where nothing is known. */
export function sparkline(points: readonly SparkPoint[], options: SparkOptions): string {
  const { cells, now, spanMs, top, isAscii } = options;
  const marks = isAscii ? letters : blocks;
  const highest = points.reduce((most, { value }) => Math.max(most, value), top);
  const cellMs = spanMs / Math.max(1, cells);
  let next = 0;
  let last: SparkPoint | undefined;
  let row = '';
  for (let cell = 0; cell < cells; cell += 1) {
    const end = now - spanMs + (cell + 1) * cellMs;
    let most: number | undefined;
    for (let point = points[next]; point && (point.at <= end || cell === cells - 1); point = points[next]) {
      if (point.at > end - cellMs) most = Math.max(most ?? 0, point.value);
      last = point;
      next += 1;
    }
    const held = last && end - last.at <= holdsMs ? last.value : undefined;
    const value = most ?? held;
    row += value === undefined ? ' ' : (marks[markOf(value, highest, marks.length)] ?? ' ');
  }
  return row;
}

function markOf(value: number, highest: number, count: number): number {
  if (!(highest > 0)) return 0;
  return Math.min(count - 1, Math.max(0, Math.round((value / highest) * (count - 1))));
}

/**
 * Whether only plain letters are sure to be shown: a terminal of few words, the console of Linux with its 256 letters, or
 * a locale that is named and is not UTF-8. One that is not named says nothing.
 */
export function isAsciiTerminal(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.TERM === 'dumb' || env.TERM === 'linux') return true;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return locale !== undefined && locale !== '' && !/utf-?8/i.test(locale);
}
