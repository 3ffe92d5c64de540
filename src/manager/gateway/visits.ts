import type { Clock } from '../../platform/clock.ts';

/** Counts what someone does in a minute. */
export interface Visits {
  /** Counts one more; false where there were as many as there may be. */
  admit(key: string): boolean;
}

const windowMs = 60_000;
const mostKeys = 10_000;

/** Makes a counter that lets `most` through in a minute for each key. It lives in memory and is bounded. */
export function createVisits(clock: Clock, most: number): Visits {
  const windows = new Map<string, { readonly begunAt: number; count: number }>();
  return {
    admit(key) {
      const now = clock.now();
      const current = windows.get(key);
      if (current && now - current.begunAt < windowMs) {
        current.count += 1;
        return current.count <= most;
      }
      windows.delete(key);
      windows.set(key, { begunAt: now, count: 1 });
      const oldest = windows.keys().next().value;
      if (windows.size > mostKeys && oldest !== undefined) windows.delete(oldest);
      return true;
    },
  };
}
