import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { ObservedServer } from '../../protocol/entities/server.ts';
import { localIdentity } from '../people/identity.ts';
import { type Db, inTransaction } from '../store/database.ts';
import { type MirroredServer, readObserved, saveObserved } from '../store/observed.ts';
import { listServers } from '../store/servers.ts';

/** What agents say of their servers: in memory, and a moment later in the store, for the next start of the manager. */
export interface Mirror {
  /** Says whose a server is. An agent is believed about its own servers only. */
  own(serverId: string, hostId: string): void;
  isOwn(serverId: string, hostId: string): boolean;
  /** Forgets a server. */
  disown(serverId: string): void;
  /** Takes everything a host has to say; what it does not speak of is not known any more. */
  snapshot(hostId: string, servers: readonly ObservedServer[]): void;
  /** Takes what has changed about one server. */
  update(hostId: string, server: ObservedServer): void;
  /** Says that a host is gone: what is known of it is from before. */
  leave(hostId: string): void;
  find(serverId: string): MirroredServer | undefined;
  /** True while what is known of a host's servers is kept up to date. */
  isCurrent(hostId: string): boolean;
  /** Calls `listener` after what is known has changed; the returned function takes that back. */
  onChange(listener: () => void): () => void;
  /** Writes what has not been written yet. */
  flush(): Promise<void>;
}

/** What {@link openMirror} needs. */
export interface MirrorDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
}

const saveAfterMs = 2_000;
/** Characters of JSON an agent may use for one server; what is longer is no observation. */
const longest = 64 * 1024;

/** Opens the mirror with the last words from before. */
export async function openMirror({ db, clock, log }: MirrorDeps): Promise<Mirror> {
  const owners = new Map<string, string>();
  for (const deleted of [false, true]) {
    for (const { id, hostId } of await listServers(db, localIdentity, { deleted })) owners.set(id, hostId);
  }
  const known = new Map(await readObserved(db, [...owners.keys()]));
  const current = new Set<string>();
  const unsaved = new Set<string>();
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of [...listeners]) listener();
  };
  let takeBack: (() => void) | undefined;

  const save = async (): Promise<void> => {
    takeBack?.();
    takeBack = undefined;
    const ids = [...unsaved];
    unsaved.clear();
    try {
      // One transaction for all hosts: each waits for the disk, and when a manager starts they all speak at once.
      await inTransaction(db, async (tx) => {
        for (const [hostId, some] of Map.groupBy(ids, (id) => owners.get(id))) {
          if (hostId === undefined) continue;
          const servers = some.flatMap((id) => known.get(id)?.observed ?? []);
          await saveObserved(tx, hostId, servers, clock.now());
        }
      });
    } catch (error) {
      log.error({ error: error instanceof Error ? error : undefined }, 'the mirror could not be written; trying again');
      for (const id of ids) unsaved.add(id);
      saveSoon();
    }
  };
  const saveSoon = (): void => {
    takeBack ??= clock.after(saveAfterMs, () => void save());
  };

  const take = (hostId: string, observed: ObservedServer): boolean => {
    const isOwn = owners.get(observed.id) === hostId;
    if (!isOwn || JSON.stringify(observed).length > longest) {
      log.debug({ hostId, serverId: observed.id.slice(0, 64), isOwn }, 'an agent’s word on a server was left out');
      return false;
    }
    known.set(observed.id, { observed, at: clock.now() });
    unsaved.add(observed.id);
    saveSoon();
    return true;
  };

  return {
    own: (serverId, hostId) => void owners.set(serverId, hostId),
    isOwn: (serverId, hostId) => owners.get(serverId) === hostId,
    disown(serverId) {
      owners.delete(serverId);
      known.delete(serverId);
      unsaved.delete(serverId);
      changed();
    },
    snapshot(hostId, servers) {
      const spokenOf = new Set(servers.flatMap((server) => (take(hostId, server) ? [server.id] : [])));
      for (const [id, owner] of owners) if (owner === hostId && !spokenOf.has(id)) known.delete(id);
      current.add(hostId);
      changed();
    },
    update(hostId, server) {
      if (take(hostId, server)) changed();
    },
    leave(hostId) {
      current.delete(hostId);
      changed();
    },
    find: (serverId) => known.get(serverId),
    isCurrent: (hostId) => current.has(hostId),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    flush: save,
  };
}
