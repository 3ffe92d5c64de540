import type { Log } from '../../platform/log.ts';
import type { ObservedServer } from '../../protocol/entities/server.ts';
import { newId } from '../../protocol/id.ts';
import { agentWorldHold } from '../../protocol/operations/relocation.ts';
import type { HostLink } from '../hosts/hub.ts';
import { type Db, inTransaction } from '../store/database.ts';
import { findRelocation } from '../store/relocations.ts';
import { findServer } from '../store/servers.ts';

/**
 * Makes what stops the copies of servers that a host still has while another host is in force: one that was revoked, whose
 * servers were taken back, and that joined again. Its folder is left alone, since what was played there lies nowhere else.
 * To be told whatever a host says of a server that is not its own.
 */
export function createStrayWatch({ db, log }: { readonly db: Db; readonly log: Log }) {
  /** By connection: servers that were looked at over it. */
  const seen = new WeakMap<HostLink, Set<string>>();
  const underWay = new WeakMap<HostLink, Set<string>>();

  /** A server on its way is its move's to stop; one nobody knows may be another manager's. */
  const isElsewhere = (serverId: string, hostId: string): Promise<boolean> =>
    inTransaction(db, async (tx) => {
      const server = await findServer(tx, serverId);
      if (server?.id !== serverId || server.hostId === hostId) return false;
      const relocation = await findRelocation(tx, serverId);
      return relocation === undefined || (relocation.phase === 'back' && relocation.toHost === hostId);
    });

  const hold = async (link: HostLink, serverId: string): Promise<void> => {
    if (!(await isElsewhere(serverId, link.hostId))) return;
    log.warn({ host: link.hostName, serverId }, 'a host has a server that is another’s by now; it is stopped there');
    await link.request(agentWorldHold, { serverId, jobId: newId() });
  };

  return (link: HostLink, { id, container }: ObservedServer): void => {
    const before = setOf(seen, link);
    const now = setOf(underWay, link);
    // Once for each connection, so that it is kept from being started; and whenever it runs all the same.
    if (now.has(id) || (before.has(id) && container?.status !== 'running')) return;
    before.add(id);
    now.add(id);
    hold(link, id)
      .catch((error: unknown) =>
        log.error(
          { host: link.hostName, serverId: id, error: error instanceof Error ? error : new Error(String(error)) },
          'a server that is another host’s by now could not be stopped',
        ),
      )
      .finally(() => now.delete(id));
  };
}

function setOf(sets: WeakMap<HostLink, Set<string>>, link: HostLink): Set<string> {
  const found = sets.get(link) ?? new Set<string>();
  sets.set(link, found);
  return found;
}
