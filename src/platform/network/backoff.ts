/** How long to wait before the next try to connect; see {@link createBackoff}. */
export interface Backoff {
  /** Milliseconds until the next try. Each call counts as one failed try. */
  next(): number;
  /** Says that a connection stood for `ms`; a healthy one opens the fast window. */
  stood(ms: number): void;
  /** Failed tries since the last connection. */
  attempts(): number;
}

const firstMs = 1_000;
const longestMs = 60_000;
const fastMs = 1_000;
const fastWindowMs = 120_000;
const healthyMs = 2_000;

/**
 * Reconnect delays: 1 s doubling to 60 s, each with up to a quarter of jitter off, for ever. For two minutes after a
 * healthy connection (one that stood 2 s) they stay at 1 s, because most outages are restarts.
 */
export function createBackoff(now: () => number, random: () => number = Math.random): Backoff {
  let attempts = 0;
  let fastUntil = 0;
  return {
    next() {
      const fast = now() < fastUntil;
      const delay = fast ? fastMs : Math.min(longestMs, firstMs * 2 ** Math.min(attempts, 16));
      attempts += 1;
      return Math.round(delay * (1 - random() / 4));
    },
    stood(ms) {
      if (ms < healthyMs) return;
      attempts = 0;
      fastUntil = now() + fastWindowMs;
    },
    attempts: () => attempts,
  };
}
