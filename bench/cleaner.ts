/** Ends what was started, the latest first. */
export interface Cleaner {
  /** Takes note of how something is ended. @returns a function that ends it now and forgets it. */
  add(end: () => unknown): () => Promise<void>;
  /** Ends everything that is left. What fails is told to `onError`; the rest is ended all the same. */
  clean(onError: (error: unknown) => void): Promise<void>;
}

/** Makes a cleaner with nothing to end. */
export function createCleaner(): Cleaner {
  const ends = new Set<() => unknown>();
  return {
    add(end) {
      ends.add(end);
      return async () => {
        if (ends.delete(end)) await end();
      };
    },
    async clean(onError) {
      for (const end of [...ends].reverse()) {
        ends.delete(end);
        try {
          await end();
        } catch (error) {
          onError(error);
        }
      }
    },
  };
}
