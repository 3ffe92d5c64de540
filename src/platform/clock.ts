/** The time, and waiting for it: the only way to either, so that tests can move it. */
export interface Clock {
  /** Milliseconds since 1970, by the machine's clock: for points in time that are written down. It may be set at any time. */
  now(): number;
  /** Milliseconds that have passed since some moment of this process: for lengths of time. Nobody can set it. */
  steady(): number;
  /** Calls `task` once after `ms`; the returned function takes it back. A pending timer keeps no process alive. */
  after(ms: number, task: () => void): () => void;
  /** Calls `task` every `ms` until taken back. */
  every(ms: number, task: () => void): () => void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  steady: () => performance.now(),
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

/**
 * Milliseconds by which the machine's clock has been set ahead (or, negative, back) since the call; what a machine slept
 * counts, too. The result is asked as often as one likes.
 */
export function watchSetting(clock: Clock): () => number {
  const offset = clock.now() - clock.steady();
  return () => clock.now() - clock.steady() - offset;
}

/** A point in time as the protocol writes it. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
