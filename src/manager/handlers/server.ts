import { ZedopsError } from '../../protocol/errors.ts';
import { serverList, serverLogs, serverShow } from '../../protocol/operations/server.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { selectServers } from '../fleet/select-servers.ts';
import { hostNamed } from '../gateway/authorize.ts';
import { handleOnManager, type ManagerContext, serverOf } from '../gateway/context.ts';
import type { Mirror } from '../hosts/mirror.ts';
import type { LogReader } from '../logs/fan-out.ts';
import type { Feeds } from '../logs/feeds.ts';
import { noMoreLog } from '../servers/removal.ts';
import type { Db } from '../store/database.ts';
import { readEnvs } from '../store/server-env.ts';
import { listServers } from '../store/servers.ts';
import type { Sealing } from '../trust/sealing.ts';

/** What the handlers of servers need. */
export interface ServerHandlerDeps {
  readonly db: Db;
  readonly sealing: Sealing;
  readonly fleet: Fleet;
  readonly feeds: Feeds;
  readonly mirror: Pick<Mirror, 'find'>;
}

/** Handlers of what the manager itself answers about servers. */
export function serverHandlers({ db, sealing, fleet, feeds, mirror }: ServerHandlerDeps) {
  return [
    handleOnManager(serverList, async ({ host, deleted, on }, { identity }) => {
      const hostId = host === undefined ? undefined : (await hostNamed(db, identity, host)).id;
      const servers = await listServers(db, identity, { deleted, hostId });
      const rows = servers.map((server) => ({
        summary: fleet.server(server),
        hostTags: server.hostTags,
        players: mirror.find(server.id)?.observed.players?.count,
      }));
      if (on === undefined) return { servers: rows.map(({ summary }) => summary) };
      const selected = selectServers(on, rows);
      return selected.undecided.length === 0 ? { servers: selected.servers } : selected;
    }),
    handleOnManager(serverShow, async (_, context) => {
      const server = serverOf(context);
      const stored = (await readEnvs(db, sealing, [server.id])).get(server.id);
      return { server: fleet.serverDetails(server, stored ?? { env: {}, secretKeys: [] }) };
    }),
    handleOnManager(serverLogs, async (request, context) => {
      const server = serverOf(context);
      const { follow, tail, since, after } = request;
      const wanted = { follow, tail, since, after };
      if (!follow) {
        const viewer = { reader: readerOf(context), signal: context.signal };
        return { cursor: await feeds.read(server, wanted, viewer) };
      }
      if (!context.reader) throw notOverHttp('A log cannot be followed over HTTP', 'connect to /client instead');
      if (server.deletedAt !== undefined) throw noMoreLog(server.name);
      const reader = readerOf(context);
      const status = mirror.find(server.id)?.observed.container?.status;
      if (status !== 'running') reader.send({ kind: 'notice', notice: 'not-running' });
      return feeds.follow(server, wanted, { reader, signal: context.signal });
    }),
  ];
}

/** Where a viewer's lines go. Over HTTP the door bounds what waits, and gives up on who reads too slowly. */
function readerOf({
  reader,
  hearsProgress,
  progress,
}: Pick<ManagerContext, 'reader' | 'hearsProgress'> & {
  readonly progress: LogReader['send'];
}): LogReader {
  if (!hearsProgress) {
    throw notOverHttp('A log is a stream', 'over HTTP, ask with the header Accept: application/x-ndjson');
  }
  return {
    send: progress,
    sendEncoded: (data) => reader?.progressEncoded(data),
    buffered: () => reader?.buffered() ?? 0,
    drained: () => reader?.drained() ?? Promise.resolve(),
  };
}

function notOverHttp(message: string, hint: string): ZedopsError {
  return new ZedopsError('UNSUPPORTED', message, { hint });
}
