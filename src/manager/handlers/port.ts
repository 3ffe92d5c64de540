import type { Clock } from '../../platform/clock.ts';
import type { TakenPort } from '../../protocol/entities/port.ts';
import { serverPlan } from '../../protocol/operations/plan.ts';
import { portCheck, portList, portSuggest } from '../../protocol/operations/port.ts';
import { hostNamed } from '../gateway/authorize.ts';
import { handleOnManager, hostOf } from '../gateway/context.ts';
import { type Identity, mayDo } from '../people/identity.ts';
import type { PortBook } from '../preflight/port-book.ts';
import { plannedPorts, samePort } from '../preflight/port-conflicts.ts';
import type { Preflight } from '../preflight/preflight.ts';
import type { Catalog } from '../servers/catalog.ts';
import { draftServer, idOfNewServer } from '../servers/new-server.ts';
import type { Db } from '../store/database.ts';
import { type HostRecord, listHosts } from '../store/hosts.ts';
import { listServers } from '../store/servers.ts';

/** What the handlers of ports and plans need. */
export interface PortHandlerDeps {
  readonly db: Db;
  readonly portBook: PortBook;
  readonly preflight: Preflight;
  readonly catalog: Catalog;
  readonly clock: Clock;
}

/** Handlers of ports, and of what a create would do. */
export function portHandlers({ db, portBook, preflight, catalog, clock }: PortHandlerDeps) {
  /** The ports of a host's servers that someone may see. */
  const visiblePlan = async (host: HostRecord, identity: Identity): Promise<readonly TakenPort[]> => {
    const servers = await Promise.all(
      [false, true].map((deleted) => listServers(db, identity, { hostId: host.id, deleted })),
    );
    return plannedPorts(servers.flat(), host);
  };

  return [
    handleOnManager(portList, async ({ host: ref, all }, { identity }) => {
      const hosts = ref === undefined ? await listHosts(db, identity) : [await hostNamed(db, identity, ref)];
      const lists = await Promise.all(
        hosts.map(async (host) => {
          // What else there is on a host is for those who may see the whole of it.
          const isWhole = all && mayDo(identity, 'host:read', { kind: 'host', hostId: host.id });
          if (!isWhole) return { host, taken: await visiblePlan(host, identity), unchecked: undefined };
          const { taken, unchecked } = await portBook.all(host);
          const hidden = taken.map((one) => withoutName(one, host, identity));
          return { host, taken: hidden, unchecked };
        }),
      );
      return {
        ports: lists.flatMap(({ host, taken }) => inOrder(taken).map((one) => ({ ...one, host: host.name }))),
        silentHosts: lists.flatMap(({ host, unchecked }) => (unchecked === undefined ? [] : [host.name])),
      };
    }),
    handleOnManager(portCheck, async ({ ports }, context) => {
      const host = hostOf(context);
      const { taken, unchecked } = await portBook.check({ host, ports });
      return {
        host: host.name,
        free: ports.filter((port) => !taken.some((one) => samePort(one, port))),
        taken: taken.map((one) => withoutName(one, host, context.identity)),
        ...(unchecked === undefined ? {} : { unchecked }),
      };
    }),
    handleOnManager(portSuggest, async ({ from, to, step, count }, context) => {
      const host = hostOf(context);
      const { sets, unchecked } = await portBook.suggest(host, { from, to, step, count });
      return { host: host.name, sets: [...sets], ...(unchecked === undefined ? {} : { unchecked }) };
    }),
    handleOnManager(serverPlan, async (request, context) => {
      const host = hostOf(context);
      const id = idOfNewServer(context.identity.actor, context.id);
      const draft = await draftServer(request, { catalog, host, id, now: clock.now() });
      return { plan: await preflight.plan({ draft, host, data: request.useExistingData ? 'existing' : 'new' }) };
    }),
  ];
}

/** One and the same port, said by the plan and by the host, is listed once. */
function inOrder(taken: readonly TakenPort[]): readonly TakenPort[] {
  return taken
    .filter((one, index) => taken.findIndex((other) => samePort(one, other)) === index)
    .toSorted((a, b) => a.port - b.port || a.protocol.localeCompare(b.protocol));
}

/** Says no more of a server than someone may know. */
function withoutName(one: TakenPort, { id: hostId }: HostRecord, identity: Identity): TakenPort {
  const { serverId } = one.holder;
  if (serverId === undefined || mayDo(identity, 'server:read', { kind: 'server', hostId, serverId })) return one;
  return { ...one, holder: { kind: 'server', name: 'another server' } };
}
