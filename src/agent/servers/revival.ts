import * as z from 'zod';

/** What is remembered of a server's runs, to decide whether and when it is started again. */
export const Revival = z.object({
  /** The run that was seen last. */
  startedAt: z.string().optional(),
  /** When that run took players. */
  readyAt: z.string().optional(),
  /** The exit that was counted last. */
  countedExit: z.string().optional(),
  /** Ends that nobody meant, and starts that failed, since the last healthy hour; oldest first. */
  ends: z.array(z.object({ at: z.number(), isShort: z.boolean() })).max(20),
  /** Set where it is not started again any more. */
  gaveUpAt: z.number().optional(),
  /** Whether people were told of that. */
  isTold: z.boolean().optional(),
});
export type Revival = z.infer<typeof Revival>;

/** A server of which nothing bad is known. */
export const noRevival: Revival = { ends: [] };

const firstMs = 5_000;
const longestMs = 300_000;
/** A game that took players for this long and then ended begins anew: what was before says nothing about it. */
const healthyMs = 3_600_000;
/** A run is short when it took players for less than this, or never. */
const shortMs = 600_000;
/** So many short runs, one after the other, and it is given up. */
const mostShort = 5;
const remembered = 20;

/**
 * Counts an end that nobody meant. `at` is in milliseconds since 1970; `setMs` is what the clock was set ahead by (or,
 * negative, back) while it ran, which is no time that it ran.
 */
export function countEnd(revival: Revival, at: number, exit: string | undefined, setMs = 0): Revival {
  const readyMs = revival.readyAt === undefined ? undefined : at - Date.parse(revival.readyAt) - setMs;
  const before = readyMs !== undefined && readyMs >= healthyMs ? [] : revival.ends;
  const end = { at, isShort: readyMs === undefined || readyMs < shortMs };
  const ends = [...before, end].slice(-remembered);
  const shorts = ends.slice(-mostShort);
  const isHopeless = shorts.length === mostShort && shorts.every(({ isShort }) => isShort);
  return { ...revival, countedExit: exit, ends, gaveUpAt: isHopeless ? at : undefined, isTold: undefined };
}

/** Milliseconds to wait before the next start: 5 s after the first end, doubling to 5 min. */
export function waitBeforeStart({ ends }: Revival): number {
  return Math.min(longestMs, firstMs * 2 ** Math.max(0, ends.length - 1));
}

/** Why it was given up: how many crashes, within how many minutes; undefined while it was not. */
export function givenUp({
  ends,
  gaveUpAt,
}: Revival): { readonly since: number; readonly crashes: number; readonly minutes: number } | undefined {
  const first = ends.at(-mostShort)?.at;
  if (gaveUpAt === undefined || first === undefined) return undefined;
  return { since: gaveUpAt, crashes: mostShort, minutes: Math.max(1, Math.ceil((gaveUpAt - first) / 60_000)) };
}
