import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { LogPosition } from '../runtime/runtime.ts';

/** A line whose number and place in its container's output are both known. */
export interface LogMark {
  readonly seq: number;
  readonly containerId: string;
  /** The place just after that line. */
  readonly position: LogPosition;
}

/** Numbers that no line will be shown for: lines lost before ZedOps could read them. */
export interface LogHole {
  readonly first: number;
  readonly last: number;
  /** Absent when nobody can know; the hole then takes up one number. */
  readonly count?: number | undefined;
}

const KeptMark = z.object({
  seq: z.int().min(0),
  containerId: z.string(),
  position: z.object({ time: z.string(), nth: z.int().min(1) }),
});

const Kept = z.object({
  stream: z.string(),
  next: z.int().min(1),
  newest: KeptMark.optional(),
  standing: z.array(KeptMark),
  holes: z.array(z.object({ first: z.int(), last: z.int(), count: z.int().optional() })),
  lent: z.boolean().optional(),
});

/**
 * How the lines of one server are numbered, for ever: through restarts of container, agent and manager. Marks tie
 * numbers to places in the engine's own log, so that an agent that died re-reads from its last mark and gives every
 * line the number it had before.
 */
export interface Numbering {
  /** Names this numbering; numbers of another do not compare. */
  readonly stream: string;
  /** Number of the next line. */
  next(): number;
  /** Takes `count` numbers for lines of a container that end at `position`. @returns the first of them. */
  take(containerId: string, count: number, position: LogPosition): number;
  /** Takes up numbers for lost lines; with an unknown count, one number. */
  lose(count: number | undefined): LogHole;
  /** The newest mark of a container; where its reading goes on. */
  latest(containerId: string): LogMark | undefined;
  /** The last mark at or before a number, and the one after it. */
  around(
    containerId: string,
    seq: number,
  ): { readonly before: LogMark | undefined; readonly after: LogMark | undefined };
  /** The last mark of a container before a time. */
  beforeTime(containerId: string, time: string): LogMark | undefined;
  /** The hole that holds a number, if one does. */
  holeAt(seq: number): LogHole | undefined;
  /** The first number of the next hole after a number; Infinity where there is none. */
  nextHole(seq: number): number;
  holes(): readonly LogHole[];
  /** The number from which on there are `count` lines before another one. Below 1 where there are fewer. */
  back(seq: number, count: number): number;
  /**
   * Notes, on disk, that another host goes on with the numbers. A line that is numbered here after all comes far behind
   * whatever that one may have numbered, after a hole nobody knows the count of.
   */
  lend(): Promise<void>;
  /** Writes marks to disk if there are new ones; as they are now, once `learned` has resolved. */
  save(learned?: () => Promise<void>): Promise<void>;
}

const linesPerMark = 1000;
const keptMarks = 1024;
const keptHoles = 64;
/** More lines than a host writes while a server is away from another one. */
const lentNumbers = 1e9;

/** Opens the numbering kept in `path`, or begins a new one. A file that cannot be read begins a new one too. */
export async function openNumbering(path: string): Promise<Numbering> {
  const kept = await readKept(path);
  const stream = kept?.stream ?? randomBytes(6).toString('hex');
  let next = kept?.next ?? 1;
  // The newest mark moves along with the lines; every so many lines one is left standing behind it.
  let newest: LogMark | undefined = kept?.newest;
  const standing: LogMark[] = kept?.standing ?? [];
  const holes: LogHole[] = kept?.holes ?? [];
  let lent = kept?.lent ?? false;
  let changed = false;

  const marks = (): readonly LogMark[] => (newest ? [...standing, newest] : standing);

  const mark = (moved: LogMark): void => {
    const last = standing.at(-1);
    if (last?.containerId !== moved.containerId || moved.seq - last.seq >= linesPerMark) standing.push(moved);
    if (standing.length > keptMarks) standing.shift();
    newest = moved;
    changed = true;
  };

  const text = (): string => JSON.stringify({ stream, next, newest, standing, holes, ...(lent ? { lent } : {}) });
  const addHole = (hole: LogHole): LogHole => {
    next = hole.last + 1;
    holes.push(hole);
    if (holes.length > keptHoles) holes.shift();
    changed = true;
    return hole;
  };
  // The name is on disk before the first line has a number: an agent killed right after goes on under the same name.
  if (!kept) await writeAtomically(path, text());

  return {
    stream,
    next: () => next,
    take(containerId, count, position) {
      if (lent) {
        lent = false;
        const hole = addHole({ first: next, last: next + lentNumbers - 1 });
        // The same container may go on, whose lines before and after the hole follow one another in its own log.
        if (newest) standing.push(newest, { ...newest, seq: hole.last });
      }
      const first = next;
      next += count;
      mark({ seq: next - 1, containerId, position });
      return first;
    },
    lose(count) {
      return addHole({ first: next, last: next + (count ?? 1) - 1, ...(count === undefined ? {} : { count }) });
    },
    latest: (containerId) => (newest?.containerId === containerId ? newest : undefined),
    around: (containerId, seq) => ({
      before: marks().findLast((candidate) => candidate.containerId === containerId && candidate.seq <= seq),
      after: marks().find((candidate) => candidate.containerId === containerId && candidate.seq > seq),
    }),
    beforeTime: (containerId, time) =>
      marks().findLast((candidate) => candidate.containerId === containerId && candidate.position.time < time),
    holeAt: (seq) => holes.find((hole) => hole.first <= seq && seq <= hole.last),
    nextHole: (seq) => Math.min(...holes.filter(({ first }) => first > seq).map(({ first }) => first)),
    holes: () => [...holes],
    back: (seq, count) =>
      holes.reduceRight(
        (at, { first, last }) => (first < seq && last >= at ? at - (last - first + 1) : at),
        seq - count,
      ),
    async lend() {
      lent = true;
      await writeAtomically(path, text());
    },
    async save(learned = async () => undefined) {
      if (!changed) return;
      changed = false;
      const now = text();
      try {
        await learned();
        await writeAtomically(path, now);
      } catch (error) {
        changed = true;
        throw error;
      }
    },
  };
}

/** Writes a numbering that another host hands over, to be opened here. Its marks are about containers that are not here. */
export async function keepNumbering(
  path: string,
  { stream, next, holes }: { readonly stream: string; readonly next: number; readonly holes: readonly LogHole[] },
): Promise<void> {
  await writeAtomically(path, JSON.stringify({ stream, next, standing: [], holes }));
}

async function readKept(path: string): Promise<z.infer<typeof Kept> | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return Kept.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
