import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { agentPing } from '../../protocol/operations/agent.ts';
import {
  hostInvite,
  hostJoin,
  hostList,
  hostPing,
  hostRemove,
  hostRenew,
  hostRevoke,
  hostShow,
} from '../../protocol/operations/host.ts';
import { systemPing } from '../../protocol/operations/system.ts';
import type { Live } from '../door/live.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { handleOnManager, hostOf } from '../gateway/context.ts';
import type { Enrolment } from '../hosts/enrolment.ts';
import type { Hub } from '../hosts/hub.ts';
import type { Identity } from '../people/identity.ts';
import type { Db } from '../store/database.ts';
import { listHosts, removeHost } from '../store/hosts.ts';
import { listServers } from '../store/servers.ts';

/** What the handlers of hosts need. */
export interface HostHandlerDeps {
  readonly db: Db;
  readonly enrolment: Enrolment;
  readonly fleet: Fleet;
  readonly hub: Hub;
  readonly live: Pick<Live, 'cut'>;
  readonly clock: Clock;
}

/** Handlers of what the manager itself answers about hosts. */
export function hostHandlers({ db, enrolment, fleet, hub, live, clock }: HostHandlerDeps) {
  /** Servers someone may see, counted by host: a number tells of servers too. */
  const counts = async (identity: Identity): Promise<(hostId: string) => number> => {
    const servers = Map.groupBy(await listServers(db, identity, { deleted: false }), ({ hostId }) => hostId);
    return (hostId) => servers.get(hostId)?.length ?? 0;
  };
  return [
    handleOnManager(hostInvite, async ({ name }, { about }) => {
      about(name);
      return enrolment.invite(name);
    }),
    handleOnManager(hostJoin, async (request, { from, about }) => {
      const reply = await enrolment.join(request, from);
      about(reply.name);
      return reply;
    }),
    handleOnManager(hostRenew, async (request, { agent, about }) => {
      if (!agent) throw new ZedopsError('FORBIDDEN', 'Only a host that is connected renews its certificate');
      about(agent.host.name);
      return enrolment.renew(agent, request);
    }),
    handleOnManager(hostList, async (_, { identity }) => {
      const serversOf = await counts(identity);
      return { hosts: (await listHosts(db, identity)).map((host) => fleet.host(host, serversOf(host.id))) };
    }),
    handleOnManager(hostShow, async (_, context) => {
      const host = hostOf(context);
      const serversOf = await counts(context.identity);
      return { host: fleet.host(host, serversOf(host.id)) };
    }),
    handleOnManager(hostRevoke, async (_, context) => {
      const { id, name } = hostOf(context);
      const isOnline = hub.find(id) !== undefined;
      const { wasOnline } = await enrolment.revoke(id);
      return { name, wasOnline: isOnline || wasOnline };
    }),
    handleOnManager(hostRemove, async (_, context) => {
      const { id, name } = hostOf(context);
      if (!(await removeHost(db, id))) {
        throw new ZedopsError('CONFLICT', `${name} still has servers; those that were deleted count too`, {
          hint: `zedops server list --host ${name}`,
        });
      }
      live.cut(`host:${id}`, 'this host was removed');
      return { name };
    }),
    handleOnManager(hostPing, async (_, context) => {
      const link = hub.get(hostOf(context));
      const { signal } = context;
      const begun = performance.now();
      const { clock: hostClock } = await link.request(systemPing, {}, { signal });
      const managerToHostMs = performance.now() - begun;
      const clockSkewMs = Date.parse(hostClock) - (clock.now() - managerToHostMs / 2);
      const { roundTripMs } = await link.request(agentPing, {}, { signal });
      return { name: link.hostName, managerToHostMs, hostToManagerMs: roundTripMs, clockSkewMs };
    }),
  ];
}
