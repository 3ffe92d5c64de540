import type { Clock } from '../../platform/clock.ts';

/** By what a live connection can be cut: who is behind it, or what it came in with. */
export type LiveKey = `host:${string}` | `person:${string}` | `session:${string}` | `token:${string}`;

/** A connection, or a call, that lasts. */
export interface LiveEntry {
  readonly keys: readonly LiveKey[];
  /** What limits count it under: its identity and its address. */
  readonly counted: readonly string[];
  /** Milliseconds since 1970; it is ended then. */
  readonly expiresAt?: number | undefined;
  /** Ends it. `revoked`: for good; `expired`: whoever it was may come again with something newer. */
  readonly end: (why: 'revoked' | 'expired', reason: string) => void;
}

/** Someone on the way in: known to {@link Live} from before the question who it is, so that no cut is missed meanwhile. */
export interface Entering {
  /** Lets the connection in and returns how to take it off the list; undefined when it was cut on the way. */
  enter(entry: LiveEntry): (() => void) | undefined;
  /** For those who are not let in. */
  leave(): void;
}

/** Every live connection, so that what is revoked ends at once. */
export interface Live {
  approach(): Entering;
  /** Ends everything with this key; returns how many there were. */
  cut(key: LiveKey, reason: string): number;
  /** How many connections are counted under this name. */
  count(counted: string): number;
  /** Ends the watch over what expires. */
  stop(): void;
}

const expiryEveryMs = 5_000;

/** Makes the list of live connections. */
export function createLive(clock: Clock): Live {
  const entries = new Set<LiveEntry>();
  const byKey = new Map<string, Set<LiveEntry>>();
  const approaching = new Set<Set<LiveKey>>();

  const remove = (entry: LiveEntry): void => {
    if (!entries.delete(entry)) return;
    for (const key of namesOf(entry)) {
      const some = byKey.get(key);
      some?.delete(entry);
      if (some?.size === 0) byKey.delete(key);
    }
  };
  const add = (entry: LiveEntry): void => {
    entries.add(entry);
    for (const key of namesOf(entry)) {
      const some = byKey.get(key) ?? new Set();
      byKey.set(key, some.add(entry));
    }
  };
  const stop = clock.every(expiryEveryMs, () => {
    const now = clock.now();
    for (const entry of [...entries]) {
      if (entry.expiresAt === undefined || entry.expiresAt > now) continue;
      remove(entry);
      entry.end('expired', 'what it came in with has expired');
    }
  });

  return {
    stop,
    count: (counted) => byKey.get(`count ${counted}`)?.size ?? 0,
    approach() {
      const cutMeanwhile = new Set<LiveKey>();
      approaching.add(cutMeanwhile);
      return {
        enter(entry) {
          approaching.delete(cutMeanwhile);
          if (entry.keys.some((key) => cutMeanwhile.has(key))) return undefined;
          add(entry);
          return () => remove(entry);
        },
        leave: () => approaching.delete(cutMeanwhile),
      };
    },
    cut(key, reason) {
      for (const cutMeanwhile of approaching) cutMeanwhile.add(key);
      const some = [...(byKey.get(key) ?? [])];
      for (const entry of some) {
        remove(entry);
        entry.end('revoked', reason);
      }
      return some.length;
    },
  };
}

function namesOf({ keys, counted }: LiveEntry): readonly string[] {
  return [...keys, ...counted.map((name) => `count ${name}`)];
}
