import { type Clock, isoTime } from '../../platform/clock.ts';
import type { DesiredServer, ObservedServer } from '../../protocol/entities/server.ts';

/** What may change about a server. A key set to undefined forgets what was known. */
export type Observation = Partial<Omit<ObservedServer, 'id' | 'name' | 'at' | 'revision'>>;

/** What this agent knows of its servers right now. Whoever learns something says it here; whoever watches is told. */
export interface Observer {
  /** Takes note of something about a server, or of nothing but a newer revision of it. */
  note(server: Pick<DesiredServer, 'id' | 'name' | 'revision'>, observation: Observation): void;
  find(id: string): ObservedServer | undefined;
  all(): readonly ObservedServer[];
  /** Forgets a server that is no more; what is still said of it from now on is not heard. */
  forget(id: string): void;
  /** Hears again what is said of a server that was forgotten, because it is back. */
  welcome(id: string): void;
  /** Calls `listener` with each server that changed, at most once per turn of the event loop and server. */
  subscribe(listener: (server: ObservedServer) => void): () => void;
}

/** Makes an observer that knows nothing yet. */
export function createObserver(clock: Clock): Observer {
  const servers = new Map<string, ObservedServer>();
  const listeners = new Set<(server: ObservedServer) => void>();
  const changed = new Set<string>();
  const forgotten = new Set<string>();

  const tell = (): void => {
    const ids = [...changed];
    changed.clear();
    for (const id of ids) {
      const server = servers.get(id);
      if (server) for (const listener of listeners) listener(server);
    }
  };

  return {
    note({ id, name, revision }, observation) {
      if (forgotten.has(id)) return;
      const known = servers.get(id) ?? { id, name, revision, at: '' };
      servers.set(id, {
        ...known,
        ...observation,
        name,
        revision: Math.max(revision, known.revision),
        at: isoTime(clock.now()),
      });
      if (changed.size === 0) setImmediate(tell);
      changed.add(id);
    },
    find: (id) => servers.get(id),
    all: () => [...servers.values()],
    forget(id) {
      forgotten.add(id);
      const known = servers.get(id);
      servers.delete(id);
      if (!known) return;
      // The last word on it, so that nobody thinks something is still going on with it.
      const { activity: _, ...last } = known;
      for (const listener of listeners) listener(last);
    },
    welcome: (id) => void forgotten.delete(id),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
