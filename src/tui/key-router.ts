import type { Key } from './terminal/key-reader.ts';

/** Who hears a key first. What is above hides what is below, such as a dialog the list behind it. */
export const layers = { app: 0, screen: 10, tab: 20, field: 30, dialog: 40 } as const;

/** Takes keys to whoever wants them. */
export interface KeyRouter {
  /** Adds a listener that says whether it has used the key; the returned function takes it off. */
  listen(layer: number, take: (key: Key) => boolean): () => void;
  dispatch(key: Key): void;
}

/** Makes a router: the highest layer first, and in a layer whoever came last. */
export function createKeyRouter(): KeyRouter {
  let listeners: readonly { readonly layer: number; readonly take: (key: Key) => boolean }[] = [];
  return {
    listen(layer, take) {
      const listener = { layer, take };
      listeners = [listener, ...listeners].toSorted((a, b) => b.layer - a.layer);
      return () => {
        listeners = listeners.filter((other) => other !== listener);
      };
    },
    dispatch(key) {
      for (const { take } of listeners) if (take(key)) return;
    },
  };
}
