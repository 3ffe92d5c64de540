/** A bounded number of places; whoever finds none waits in line. */
export interface Slots {
  /** Takes a place; the returned function gives it back. Resolves at once with an aborted signal, without a place. */
  take(signal: AbortSignal): Promise<() => void>;
}

/** Makes `most` places. */
export function createSlots(most: number): Slots {
  let free = most;
  const line = new Set<() => void>();
  const giveBack = (): void => {
    const next = line.values().next().value;
    if (next) next();
    else free += 1;
  };
  const once = (task: () => void): (() => void) => {
    let done = false;
    return () => {
      if (done) return;
      done = true;
      task();
    };
  };
  return {
    take: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) {
          resolve(() => undefined);
          return;
        }
        if (free > 0) {
          free -= 1;
          resolve(once(giveBack));
          return;
        }
        const leave = (): void => {
          line.delete(enter);
          resolve(() => undefined);
        };
        const enter = (): void => {
          line.delete(enter);
          signal.removeEventListener('abort', leave);
          resolve(once(giveBack));
        };
        line.add(enter);
        signal.addEventListener('abort', leave, { once: true });
      }),
  };
}
