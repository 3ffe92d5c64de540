import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type Clock, isoTime } from '../../platform/clock.ts';
import { makePrivateFolder, privateFile, readIfThere } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import { HostEvent, type KnownEventKind } from '../../protocol/entities/event.ts';
import { newId } from '../../protocol/id.ts';

/** Something to write down; `at` is now where it is absent. */
export type NewEvent = Omit<HostEvent, 'seq' | 'at' | 'kind'> & {
  readonly kind: KnownEventKind;
  /** RFC 3339. */
  readonly at?: string;
};

/** Writes down that something happened. */
export type TellEvent = (event: NewEvent) => void;

/** What happened on this host, numbered and kept on disk until a manager has had it, or too much has happened since. */
export interface EventJournal {
  readonly stream: string;
  readonly tell: TellEvent;
  /** Number of the last event told; 0 before the first. */
  lastSeq(): number;
  /** Events after number `seq` that are on disk, at most {@link mostRead}; `lost` counts those dropped before them. */
  read(seq: number): { readonly events: readonly HostEvent[]; readonly lost: number };
  /** Calls `listener` when there is more to read. */
  subscribe(listener: () => void): () => void;
  /** Resolves when everything told so far is on disk. */
  flushed(): Promise<void>;
}

/** Most events given at once. */
export const mostRead = 200;

const eventsPerFile = 2_000;
const longestText = 1_024;

const Head = z.object({ stream: z.string() });

/**
 * Opens the journal in `folder`: two files of JSON lines, each begun with the name of the numbering. A reader is given
 * only what is on disk, so that after a power cut no number means two things.
 */
export async function openEventJournal(
  folder: string,
  clock: Clock,
  log: Log,
  perFile: number = eventsPerFile,
): Promise<EventJournal> {
  await makePrivateFolder(folder);
  const currentFile = join(folder, 'current.jsonl');
  const olderFile = join(folder, 'older.jsonl');
  const older = await readFileOf(olderFile);
  const current = await readFileOf(currentFile);
  const stream = current?.stream ?? older?.stream ?? newId(clock.now());
  let events: HostEvent[] = [...(older?.stream === stream ? older.events : []), ...(current?.events ?? [])];
  let inCurrent = current === undefined ? undefined : current.events.length;
  let isTorn = current?.isTorn === true;
  let nextSeq = (events.at(-1)?.seq ?? 0) + 1;
  let durable = nextSeq - 1;
  let pending: HostEvent[] = [];
  const listeners = new Set<() => void>();

  const append = async (some: readonly HostEvent[]): Promise<void> => {
    if (inCurrent !== undefined && inCurrent >= perFile) {
      await rename(currentFile, olderFile);
      events = events.slice(-inCurrent);
      inCurrent = undefined;
    }
    const head = inCurrent === undefined ? `${JSON.stringify({ stream })}\n` : isTorn ? '\n' : '';
    const file = await open(currentFile, 'a', privateFile);
    try {
      await file.writeFile(head + some.map((event) => `${JSON.stringify(event)}\n`).join(''));
      await file.datasync();
    } finally {
      await file.close();
    }
    isTorn = false;
    inCurrent = (inCurrent ?? 0) + some.length;
  };

  let writing: Promise<void> = Promise.resolve();
  const writePending = async (): Promise<void> => {
    const some = pending;
    pending = [];
    const last = some.at(-1);
    if (!last) return;
    try {
      await append(some);
    } catch (error) {
      // Told all the same: a full disk is when people want to hear most.
      log.error({ error: error instanceof Error ? error : undefined }, 'events could not be written to disk');
    }
    events.push(...some);
    if (events.length > 2 * perFile) events = events.slice(-2 * perFile);
    durable = last.seq;
    for (const listener of [...listeners]) listener();
  };

  return {
    stream,
    tell({ at, text, ...rest }) {
      const event = { ...rest, seq: nextSeq, at: at ?? isoTime(clock.now()), text: text.slice(0, longestText) };
      // One that a manager would refuse would keep all later ones from it.
      const fitting = HostEvent.safeParse(event);
      if (!fitting.success) {
        log.error({ kind: rest.kind, error: fitting.error }, 'an event was left out: it does not fit');
        return;
      }
      nextSeq += 1;
      pending.push(fitting.data);
      if (pending.length === 1) writing = writing.then(writePending);
    },
    lastSeq: () => nextSeq - 1,
    read(seq) {
      const first = events[0]?.seq ?? nextSeq;
      const start = Math.max(0, seq + 1 - first);
      const some = events.slice(start, start + mostRead).filter((event) => event.seq > seq && event.seq <= durable);
      return { events: some, lost: some.length === 0 ? 0 : Math.max(0, first - seq - 1) };
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    flushed: () => writing,
  };
}

interface KeptFile {
  readonly stream: string;
  readonly events: HostEvent[];
  /** True where the last line was cut off by a power cut. */
  readonly isTorn: boolean;
}

async function readFileOf(path: string): Promise<KeptFile | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const [head, ...lines] = text.split('\n');
  const stream = parseLine(Head, head ?? '')?.stream;
  if (stream === undefined) return undefined;
  const events = lines.flatMap((line) => parseLine(HostEvent, line) ?? []);
  return { stream, events, isTorn: !text.endsWith('\n') };
}

/** A line that a power cut has damaged is left out. */
function parseLine<Schema extends z.ZodType>(schema: Schema, line: string): z.output<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
