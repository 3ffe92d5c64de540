import type { Clock } from '../../platform/clock.ts';
import { type Change, firstState, reduce, type TuiState } from './state.ts';

/** The one state of the screens. */
export interface Store {
  state(): TuiState;
  /** Applies a change. What a person did is shown at once; what streams in is gathered for a frame. */
  apply(change: Change): void;
  subscribe(listener: () => void): () => void;
  end(): void;
}

/** Milliseconds for which what streams in is gathered before the screen is worked out anew. */
const gatherMs = 33;

const streamed: ReadonlySet<Change['kind']> = new Set(['fleet', 'metrics', 'events']);

/** Makes the store. */
export function createStore(clock: Clock): Store {
  let state = firstState(clock.now());
  const listeners = new Set<() => void>();
  let toldAt = Number.NEGATIVE_INFINITY;
  let takeBack: (() => void) | undefined;
  const tell = (): void => {
    takeBack?.();
    takeBack = undefined;
    toldAt = clock.steady();
    for (const listener of [...listeners]) listener();
  };
  return {
    state: () => state,
    apply(change) {
      const next = reduce(state, change);
      if (next === state) return;
      state = next;
      const wait = toldAt + gatherMs - clock.steady();
      if (!streamed.has(change.kind) || wait <= 0) tell();
      else takeBack ??= clock.after(wait, tell);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    end: () => takeBack?.(),
  };
}
