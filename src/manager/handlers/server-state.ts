import type { ServerDifferences } from '../../protocol/entities/difference.ts';
import { serverDiff } from '../../protocol/operations/server-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { hostNamed, serverNamed } from '../gateway/authorize.ts';
import { handleOnManager } from '../gateway/context.ts';
import type { Mirror } from '../hosts/mirror.ts';
import { differencesOf } from '../servers/differences.ts';
import type { Db } from '../store/database.ts';
import { listServers, type ServerRecord } from '../store/servers.ts';

/** What the handler that compares needs. */
export interface ServerStateHandlerDeps {
  readonly db: Db;
  readonly mirror: Pick<Mirror, 'find' | 'isCurrent'>;
  readonly fleet: Pick<Fleet, 'lastWordSeconds'>;
}

/** Handlers of what compares servers with what they should be. */
export function serverStateHandlers({ db, mirror, fleet }: ServerStateHandlerDeps) {
  const compare = (server: ServerRecord): ServerDifferences => {
    const isCurrent = mirror.isCurrent(server.hostId);
    const lastWordSeconds = fleet.lastWordSeconds(server);
    return {
      id: server.id,
      name: server.name,
      host: server.hostName,
      known: isCurrent,
      ...(lastWordSeconds === undefined ? {} : { lastWordSeconds }),
      differences: differencesOf(server, mirror.find(server.id)?.observed, isCurrent),
    };
  };
  return [
    handleOnManager(serverDiff, async ({ server, host }, { identity }) => {
      if (server !== undefined) return { servers: [compare(await serverNamed(db, identity, server))] };
      const hostId = host === undefined ? undefined : (await hostNamed(db, identity, host)).id;
      return { servers: (await listServers(db, identity, { deleted: false, hostId })).map(compare) };
    }),
  ];
}
