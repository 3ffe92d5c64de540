import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { HostFacts } from '../../protocol/entities/host.ts';
import { type Db, inTransaction } from '../store/database.ts';
import { findHost, saveHostFacts, touchHost } from '../store/hosts.ts';

/** Writes down when hosts were heard and what they say of their machines. Nothing waits for it. */
export interface HostNotes {
  /** `at` in milliseconds since 1970. */
  seen(hostId: string, at: number): void;
  /** What is news is written at once, because what is asked next may depend on it. */
  facts(hostId: string, facts: HostFacts, at: number): void;
  /** Writes what has not been written yet. */
  flush(): Promise<void>;
}

interface Note {
  readonly at: number;
  readonly facts?: HostFacts;
}

/** Each write waits for the disk, with all else the manager does: when many hosts come at once, one write does for many. */
const gatherMs = 100;

/** Makes the notes. */
export function createHostNotes({ db, clock, log }: { db: Db; clock: Clock; log: Log }): HostNotes {
  const notes = new Map<string, Note>();
  let takeBack: (() => void) | undefined;

  const report = (error: unknown): void => {
    const cause = error instanceof Error ? error : undefined;
    log.error({ error: cause }, 'what hosts say of themselves could not be written');
  };
  const flush = async (): Promise<void> => {
    takeBack?.();
    takeBack = undefined;
    const some = [...notes];
    notes.clear();
    if (some.length === 0) return;
    try {
      await inTransaction(db, async (tx) => {
        for (const [hostId, { at, facts }] of some) {
          if (facts) await saveHostFacts(tx, hostId, facts, at);
          else await touchHost(tx, hostId, at);
        }
      });
    } catch (error) {
      report(error);
    }
  };
  const note = (hostId: string, news: Note): void => {
    notes.set(hostId, { ...notes.get(hostId), ...news });
    takeBack ??= clock.after(gatherMs, () => void flush());
  };

  const keepFacts = async (hostId: string, facts: HostFacts, at: number): Promise<void> => {
    const known = (await findHost(db, hostId))?.facts;
    if (known && isSame(known, facts)) {
      note(hostId, { at, facts });
      return;
    }
    notes.delete(hostId);
    await saveHostFacts(db, hostId, facts, at);
  };

  return {
    seen: (hostId, at) => note(hostId, { at }),
    facts: (hostId, facts, at) => void keepFacts(hostId, facts, at).catch(report),
    flush,
  };
}

/** The clock is another at each word, and nothing but a time. */
function isSame(one: HostFacts, other: HostFacts): boolean {
  return JSON.stringify({ ...one, clock: '' }) === JSON.stringify({ ...other, clock: '' });
}
