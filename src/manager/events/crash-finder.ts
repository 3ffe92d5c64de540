import { type Clock, pause } from '../../platform/clock.ts';
import type { Crash, CrashEvidence, HostCrash } from '../../protocol/entities/crash.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { agentCrash, agentCrashes } from '../../protocol/operations/crash.ts';
import { placeOfServer } from '../gateway/authorize.ts';
import type { HostLink, Hub } from '../hosts/hub.ts';
import { type Identity, mayDo } from '../people/identity.ts';
import type { Db } from '../store/database.ts';
import { type HostRecord, listHosts } from '../store/hosts.ts';
import { findServer, listServers } from '../store/servers.ts';

/** Crashes kept by the hosts that are connected, as someone may see them. */
export interface CrashFinder {
  /** Newest first, of all servers or of one. `silentHosts` are those that could not be asked. */
  list(
    identity: Identity,
    hosts: readonly HostRecord[],
    serverId: string | undefined,
  ): Promise<{ crashes: HostCrash[]; silentHosts: string[] }>;
  /** @throws ZedopsError NOT_FOUND, or UNREACHABLE where a host that may have it could not be asked. */
  read(identity: Identity, id: string, signal: AbortSignal): Promise<CrashEvidence & { readonly host: string }>;
}

/** What {@link createCrashFinder} is made of. */
export interface CrashFinderDeps {
  readonly db: Db;
  readonly hub: Pick<Hub, 'find'>;
  readonly clock: Clock;
}

interface HostCrashes {
  readonly host: HostRecord;
  readonly link: HostLink | undefined;
  /** Undefined from a host that is away, is too old, or says nothing. */
  readonly crashes: readonly Crash[] | undefined;
}

const askMs = 8_000;
const mostCrashes = 1_000;

/** Makes the finder. */
export function createCrashFinder({ db, hub, clock }: CrashFinderDeps): CrashFinder {
  const ask = async (host: HostRecord, what: { id?: string; serverId?: string }): Promise<HostCrashes> => {
    const link = hub.find(host.id);
    if (!link?.knows(agentCrashes.subject)) return { host, link, crashes: undefined };
    const late = new AbortController();
    const answer = link.request(agentCrashes, what, { signal: late.signal }).then(
      ({ crashes }) => crashes,
      // A host that does not answer is named as one that did not; its reason does not change the answer.
      () => undefined,
    );
    const crashes = await Promise.race([answer, pause(clock, askMs, late.signal)]);
    late.abort();
    return { host, link, crashes: crashes ?? undefined };
  };

  const askAll = (
    hosts: readonly HostRecord[],
    what: { id?: string; serverId?: string },
  ): Promise<readonly HostCrashes[]> =>
    Promise.all(hosts.filter(({ state }) => state === 'active').map((host) => ask(host, what)));

  const silent = (answers: readonly HostCrashes[]): string[] =>
    answers.flatMap(({ host, crashes }) => (crashes === undefined ? [host.name] : []));

  return {
    async list(identity, hosts, serverId) {
      const answers = await askAll(hosts, serverId === undefined ? {} : { serverId });
      const visible = new Set<string>();
      for (const deleted of [false, true]) {
        for (const { id, hostId } of await listServers(db, identity, { deleted })) visible.add(`${hostId} ${id}`);
      }
      const crashes = answers.flatMap(({ host, crashes: some = [] }) =>
        some
          .filter((crash) => visible.has(`${host.id} ${crash.serverId}`))
          .filter((crash) => serverId === undefined || crash.serverId === serverId)
          .map((crash) => ({ ...crash, host: host.name })),
      );
      const newestFirst = crashes.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
      return { crashes: newestFirst.slice(0, mostCrashes), silentHosts: silent(answers) };
    },
    async read(identity, id, signal) {
      const answers = await askAll(await listHosts(db, identity), { id });
      for (const { host, link, crashes = [] } of answers) {
        const crash = crashes.find((one) => one.id === id);
        const server = crash && (await findServer(db, crash.serverId));
        // A host is believed about its own servers only.
        const isVisible = server?.hostId === host.id && mayDo(identity, 'server:read', placeOfServer(server));
        if (!crash || !link || !isVisible) continue;
        const evidence = await link.request(agentCrash, { id }, { signal });
        if (evidence.crash.serverId === server.id) return { ...evidence, host: host.name };
      }
      const away = silent(answers);
      if (away.length === 0) {
        throw new ZedopsError('NOT_FOUND', `There is no crash ${id}`, { hint: 'zedops crashes list' });
      }
      throw new ZedopsError(
        'UNREACHABLE',
        `No host that answers keeps the crash ${id}; ${away.slice(0, 5).join(', ')} cannot be asked now`,
        { hint: 'zedops host list' },
      );
    },
  };
}
