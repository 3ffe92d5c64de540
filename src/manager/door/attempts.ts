import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';

/** Counts failed tries by a key, such as an address or an e-mail, and makes each next one wait longer. */
export interface Attempts {
  /**
   * Begins a try. It counts as failed until it is taken back, so that many at once do not slip through together.
   * @throws ZedopsError UNAUTHENTICATED while the key has to wait.
   */
  begin(key: string): Attempt;
}

/** A try under way. */
export interface Attempt {
  /** Says that it succeeded: earlier failures of the key are forgotten. */
  succeeded(): void;
  /** Says that it was no try at all, such as one that was refused for its form. */
  takeBack(): void;
}

/** How strict {@link createAttempts} is. */
export interface AttemptsOptions {
  readonly clock: Clock;
  /** Names the key's kind in the message: `this address`. */
  readonly what: string;
  /** Failures without a wait. */
  readonly free: number;
  /** Longest wait in milliseconds. It starts at one second and doubles. */
  readonly longestMs: number;
}

interface Record {
  failures: number;
  lastAt: number;
}

const mostKeys = 10_000;

/** Makes a counter of failed tries. It lives in memory, and forgets a key after a quiet time of twice the longest wait. */
export function createAttempts({ clock, what, free, longestMs }: AttemptsOptions): Attempts {
  // A key that fails moves to the end, so that the one that has been quiet longest comes first and goes first.
  const records = new Map<string, Record>();
  const current = (key: string): Record => {
    const record = records.get(key);
    const isQuiet = record && clock.steady() - record.lastAt > 2 * longestMs;
    return record && !isQuiet ? record : { failures: 0, lastAt: Number.NEGATIVE_INFINITY };
  };
  const keep = (key: string, record: Record): void => {
    records.delete(key);
    if (record.failures <= 0) return;
    records.set(key, record);
    const oldest = records.keys().next().value;
    if (records.size > mostKeys && oldest !== undefined) records.delete(oldest);
  };
  return {
    begin(key) {
      const { failures, lastAt } = current(key);
      const waitMs = failures < free ? 0 : Math.min(longestMs, 1000 * 2 ** Math.min(failures - free, 30));
      const leftMs = lastAt + waitMs - clock.steady();
      if (leftMs > 0) {
        throw new ZedopsError(
          'UNAUTHENTICATED',
          `Too many failed tries from ${what}; wait ${Math.ceil(leftMs / 1000)} s and try again`,
        );
      }
      keep(key, { failures: failures + 1, lastAt: clock.steady() });
      return {
        succeeded: () => records.delete(key),
        takeBack() {
          const record = current(key);
          keep(key, { ...record, failures: record.failures - 1 });
        },
      };
    },
  };
}
