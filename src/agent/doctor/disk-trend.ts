import { createHash } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Clock } from '../../platform/clock.ts';
import { readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';

/** How much of a disk was free at a time. */
const Sample = z.object({
  /** Milliseconds since 1970. */
  at: z.number(),
  freeBytes: z.number(),
});
type Sample = z.infer<typeof Sample>;

/** Watches how fast the disk of a folder fills. */
export interface DiskTrend {
  /** Days until the disk is full at the pace of the last week; undefined where it does not fill, or too little is known. */
  daysToFull(): number | undefined;
  close(): void;
}

/** What {@link watchDisk} needs. */
export interface DiskTrendDeps {
  /** Where samples are kept over restarts. */
  readonly file: string;
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Watches how fast the disks of several data roots fill. */
export interface DiskTrends {
  /** As of {@link DiskTrend}, for one of the roots. */
  daysToFull(root: string): number | undefined;
  close(): void;
}

/** Watches every data root of a host; samples are kept in the agent's own folder, the first root's as `disk.json`. */
export async function watchDisks({
  folder,
  roots,
  clock,
  log,
}: Pick<DiskTrendDeps, 'folder' | 'clock' | 'log'> & { readonly roots: readonly string[] }): Promise<DiskTrends> {
  const trends = new Map<string, DiskTrend>();
  for (const [index, root] of roots.entries()) {
    const name =
      index === 0 ? 'disk.json' : `disk-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.json`;
    trends.set(root, await watchDisk({ file: join(folder, name), folder: root, clock, log }));
  }
  return {
    daysToFull: (root) => trends.get(root)?.daysToFull(),
    close() {
      for (const trend of trends.values()) trend.close();
    },
  };
}

const everyMs = 3_600_000;
const keptSamples = 7 * 24;
const shortestSpanMs = 12 * everyMs;
const dayMs = 24 * everyMs;

/** Takes a sample now and each hour, and keeps a week of them. */
export async function watchDisk({ file, folder, clock, log }: DiskTrendDeps): Promise<DiskTrend> {
  let samples = await readSamples(file, clock.now(), log);
  const take = async (): Promise<void> => {
    const last = samples.at(-1);
    const since = last && clock.now() - last.at;
    // One from the future was taken before the clock was set back; those from there on would spoil the line.
    if (since !== undefined && since < 0) samples = samples.filter(({ at }) => at <= clock.now());
    else if (since !== undefined && since < everyMs / 2) return;
    const { bavail, bsize } = await statfs(folder);
    samples = [...samples, { at: clock.now(), freeBytes: bavail * bsize }].slice(-keptSamples);
    await writeAtomically(file, JSON.stringify(samples));
  };
  const takeOrTell = (): void => {
    take().catch((error: unknown) => {
      log.warn(
        { folder, error: error instanceof Error ? error : undefined },
        'the free space of a data root is not known',
      );
    });
  };
  takeOrTell();
  const close = clock.every(everyMs, takeOrTell);
  return { daysToFull: () => daysToFull(samples), close };
}

/**
 * The days until nothing is free, by the straight line that fits the samples best (least squares). Undefined for less
 * than half a day of them, for one that does not fall, and for one that is as far off as ten years.
 */
export function daysToFull(samples: readonly Sample[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.at - first.at < shortestSpanMs) return undefined;
  const count = samples.length;
  const days = samples.map(({ at }) => (at - first.at) / dayMs);
  const meanDay = days.reduce((sum, day) => sum + day, 0) / count;
  const meanFree = samples.reduce((sum, { freeBytes }) => sum + freeBytes, 0) / count;
  let [together, spread] = [0, 0];
  for (const [index, { freeBytes }] of samples.entries()) {
    const distance = (days[index] ?? 0) - meanDay;
    together += distance * (freeBytes - meanFree);
    spread += distance ** 2;
  }
  const perDay = together / spread;
  if (!(perDay < 0)) return undefined;
  const left = last.freeBytes / -perDay;
  return left > 3650 ? undefined : left;
}

async function readSamples(file: string, now: number, log: Log): Promise<readonly Sample[]> {
  const text = await readIfThere(file);
  if (text === undefined) return [];
  try {
    const oldest = now - keptSamples * everyMs;
    return z
      .array(Sample)
      .parse(JSON.parse(text))
      .filter(({ at }) => at > oldest && at <= now);
  } catch {
    log.warn({ file }, 'the samples of free space cannot be read; they are taken anew');
    return [];
  }
}
