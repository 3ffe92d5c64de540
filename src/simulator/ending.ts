/** How a run ends: once, by whoever is first. */
export interface Ending {
  /** Aborted when the run is over, so that what is under way stops. */
  readonly signal: AbortSignal;
  /** The exit code. Rejects after {@link fail}. */
  readonly code: Promise<number>;
  end(code: number): void;
  /** Ends the run by an error that nobody planned. */
  fail(error: unknown): void;
}

/** Makes the ending of a run. */
export function createEnding(): Ending {
  const over = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  // Whoever waits for the code hears of a failure; nobody has to wait.
  promise.catch(() => undefined);
  return {
    signal: over.signal,
    code: promise,
    end(code) {
      resolve(code);
      over.abort();
    },
    fail(error) {
      reject(error);
      over.abort();
    },
  };
}

/** Resolves when a signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
