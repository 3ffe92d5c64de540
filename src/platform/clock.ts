/** The time, and waiting for it: the only way to either, so that tests can move it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `task` once after `ms`; the returned function takes it back. A pending timer keeps no process alive. */
  after(ms: number, task: () => void): () => void;
  /** Calls `task` every `ms` until taken back. */
  every(ms: number, task: () => void): () => void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  every(ms, task) {
    const timer = setInterval(task, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** Resolves after `ms`, or at once with an aborted signal; look at the signal to know which. Never rejects. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      takeBack();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const takeBack = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** A point in time as the protocol writes it. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
