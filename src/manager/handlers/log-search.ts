import type * as z from 'zod';
import { createSlots } from '../../platform/slots.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverLogSearch } from '../../protocol/operations/log-search.ts';
import { readLogPattern } from '../../zomboid/console/log-filter.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { selectServers } from '../fleet/select-servers.ts';
import { serverNamed } from '../gateway/authorize.ts';
import { handleOnManager } from '../gateway/context.ts';
import type { Hub } from '../hosts/hub.ts';
import { searchOne } from '../logs/log-search.ts';
import type { Db } from '../store/database.ts';
import { listServers, type ServerRecord } from '../store/servers.ts';

/** What the handler of searches needs. */
export interface LogSearchHandlerDeps {
  readonly db: Db;
  readonly hub: Pick<Hub, 'find'>;
  readonly fleet: Pick<Fleet, 'server'>;
}

type Finding = z.output<typeof serverLogSearch.progress>['finding'];

/** Servers looked through at once, for one who asks. */
const mostAtOnce = 16;

/** Handler of searches: which servers are meant, among those one may read, and all their hosts at once. */
export function logSearchHandlers({ db, hub, fleet }: LogSearchHandlerDeps) {
  return [
    handleOnManager(serverLogSearch, async ({ servers: refs, on, places, ...question }, context) => {
      const { identity, reader, progress, hearsProgress, signal } = context;
      if (!hearsProgress) {
        throw new ZedopsError('UNSUPPORTED', 'What a search finds is a stream', {
          hint: 'over HTTP, ask with the header Accept: application/x-ndjson',
        });
      }
      if (question.pattern !== undefined) {
        const read = readLogPattern(question.pattern);
        if ('problem' in read) throw new ZedopsError('INVALID_INPUT', `The pattern: ${read.problem}`);
      }
      const named: ServerRecord[] = [];
      for (const ref of refs) named.push(await serverNamed(db, identity, ref));
      const fitting = on === undefined ? [] : await select(on);
      const servers = [...new Map([...named, ...fitting].map((server) => [server.id, server])).values()];

      async function select(selector: string): Promise<readonly ServerRecord[]> {
        const all = await listServers(db, identity, { deleted: false });
        const rows = all.map((server) => ({ summary: fleet.server(server), hostTags: server.hostTags }));
        const fits = new Set(selectServers(selector, rows).servers.map(({ id }) => id));
        return all.filter(({ id }) => fits.has(id));
      }

      const placeOf = new Map(places.map((place) => [place.serverId, place]));
      const slots = createSlots(mostAtOnce);
      const failed = new AbortController();
      const either = AbortSignal.any([signal, failed.signal]);
      const search = async (server: ServerRecord) => {
        const leave = await slots.take(either);
        const tell = (finding: Finding): void => progress({ serverId: server.id, server: server.name, finding });
        try {
          const place = placeOf.get(server.id);
          const end = await searchOne(server, question, { hub, reader, signal: either, place, give: tell });
          tell({ kind: 'over', ...end });
          return { id: server.id, server: server.name, ...end };
        } catch (error) {
          failed.abort();
          throw error;
        } finally {
          leave();
        }
      };
      const left = servers.filter(({ id }) => placeOf.get(id)?.isOver !== true);
      return { servers: await Promise.all(left.map(search)) };
    }),
  ];
}
