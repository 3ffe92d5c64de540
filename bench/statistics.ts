/** What many samples of one thing come to. */
export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The value below which a share of the samples lies, by nearest rank. `share` is 0 to 1. @throws Error without samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((left, right) => left - right);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new Error('there are no samples');
  return value;
}

/** The middle of the samples. */
export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** The middle of the ratios of samples taken in the same rounds: what slowed a whole round down does not count. */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.flatMap((value, round) => value / (theirs[round] ?? Number.NaN)).filter(Number.isFinite));
}

/** Smallest, middle, 99th in a hundred and largest of the samples. */
export function summarise(samples: readonly number[]): Summary {
  return {
    count: samples.length,
    min: percentile(samples, 0),
    p50: percentile(samples, 0.5),
    p99: percentile(samples, 0.99),
    max: percentile(samples, 1),
  };
}

/**
 * Measures several things in turn, `rounds` times, in an order that moves on by one each round, so that what else the
 * machine does meanwhile, and what each leaves behind, falls on all of them. Each measurement returns its number.
 * @returns the samples of each thing by its name.
 */
export async function interleave<Name extends string>(
  rounds: number,
  subjects: Readonly<Record<Name, () => number | Promise<number>>>,
): Promise<(name: Name) => readonly number[]> {
  const entries = Object.entries<() => number | Promise<number>>(subjects);
  const samples = new Map<string, number[]>(entries.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    const first = round % entries.length;
    for (const [name, measure] of [...entries.slice(first), ...entries.slice(0, first)]) {
      samples.get(name)?.push(await measure());
    }
  }
  return (name) => samples.get(name) ?? [];
}
