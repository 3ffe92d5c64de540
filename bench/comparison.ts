import type { Cleaner } from './cleaner.ts';
import { median, pairedRatio } from './statistics.ts';

/** One line of a bench's table: something of ours beside what it is held against. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  /** Absent: there is nothing to hold it against, the goal is a number of its own. */
  readonly theirs?: string | undefined;
  readonly ratio?: number | undefined;
  readonly goal?: string | undefined;
  /** Absent: the row has no goal and only informs. */
  readonly met?: boolean | undefined;
}

/** What a bench may use while it runs. */
export interface BenchContext {
  /** Takes note of everything started, so that it is ended, also after Ctrl-C. */
  readonly cleaner: Cleaner;
  /** Tells whoever watches what is going on. */
  say(text: string): void;
  /** How large a generated file is, where someone wants another size than usual. */
  readonly megabytes?: number;
  /** For how long memory is watched, where someone wants another time than usual. */
  readonly minutes?: number;
}

/** One comparison, made in one run. */
export interface Bench {
  readonly name: string;
  /** What is measured and how, in a few sentences for docs/benchmarks.md. */
  readonly method: string;
  run(context: BenchContext): Promise<readonly Row[]>;
}

/** Samples of two things taken in the same rounds, beside each other: medians, and the median of the rounds' ratios. */
export function beside(
  what: string,
  ours: readonly number[],
  theirs: readonly number[],
  unit: string,
): Row & { ratio: number } {
  return {
    what,
    ours: amount(median(ours), unit),
    theirs: amount(median(theirs), unit),
    ratio: pairedRatio(ours, theirs),
  };
}

/** A row whose ratio may be so much at most. */
export function atMost(limit: number, row: Row & { ratio: number }): Row {
  return { ...row, goal: `≤ ${limit}x`, met: row.ratio <= limit };
}

/** A row whose ratio shall be so much at least. */
export function atLeast(limit: number, row: Row & { ratio: number }): Row {
  return { ...row, goal: `≥ ${limit}x`, met: row.ratio >= limit };
}

/** A number with its unit and as many decimals as can be believed. */
export function amount(value: number, unit: string): string {
  const digits = value >= 1000 ? 0 : value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`;
}
