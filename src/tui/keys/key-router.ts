import type { Key } from '../terminal/key-reader.ts';

/** Who hears a key first. What is above hides what is below, such as a dialog the list behind it. */
export const layers = { app: 0, screen: 10, tab: 20, field: 30, dialog: 40 } as const;

/** Takes keys to whoever wants them. */
export interface KeyRouter {
  /** Adds a listener that says whether it has used the key; the returned function takes it off. */
  listen(layer: number, take: (key: Key) => boolean): () => void;
  /** Takes the key to its listener once the screen shows what all keys before it have done. */
  dispatch(key: Key): void;
  /**
   * Has every key followed by `settle`, which calls `done` when what the key changed is on the screen and whoever
   * listens from then on is known. The returned function takes that off.
   */
  onTaken(settle: (done: () => void) => void): () => void;
}

/** Keys that wait while a program cannot keep up; more are lost. */
const mostWaiting = 256;

/** Makes a router: the highest layer first, and in a layer whoever came last. One key at a time. */
export function createKeyRouter(): KeyRouter {
  const waiting: Key[] = [];
  let isRunning = false;
  let settle = (done: () => void): void => done();
  const run = (): void => {
    const key = waiting.shift();
    isRunning = key !== undefined;
    if (key === undefined) return;
    listeners.some(({ take }) => take(key));
    settle(() => setImmediate(run));
  };
  let listeners: readonly { readonly layer: number; readonly take: (key: Key) => boolean }[] = [];
  return {
    listen(layer, take) {
      const listener = { layer, take };
      listeners = [listener, ...listeners].toSorted((a, b) => b.layer - a.layer);
      return () => {
        listeners = listeners.filter((other) => other !== listener);
      };
    },
    onTaken(next) {
      settle = next;
      return () => {
        if (settle === next) settle = (done) => done();
      };
    },
    dispatch(key) {
      if (waiting.length < mostWaiting) waiting.push(key);
      if (!isRunning) run();
    },
  };
}
