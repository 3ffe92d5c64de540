import type { Clock } from '../../platform/clock.ts';
import { pause } from '../../platform/clock.ts';
import type { Job } from '../../protocol/entities/job.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { agentJobs } from '../../protocol/operations/agent.ts';
import { placeOfServer } from '../gateway/authorize.ts';
import type { HostLink, Hub } from '../hosts/hub.ts';
import { type Identity, mayDo } from '../people/identity.ts';
import type { Relocations } from '../relocation/relocations.ts';
import type { Db } from '../store/database.ts';
import { type HostRecord, listHosts } from '../store/hosts.ts';
import { findServerEver, listServers } from '../store/servers.ts';

/** Jobs of the hosts that are connected, as someone may see them. Hosts keep them; nobody else does. */
export interface JobFinder {
  /** Newest first. `silentHosts` are those that could not be asked. */
  list(identity: Identity, hosts: readonly HostRecord[]): Promise<{ jobs: Job[]; silentHosts: string[] }>;
  /** @throws ZedopsError NOT_FOUND, or UNREACHABLE where a host that may have it could not be asked. */
  find(identity: Identity, id: string): Promise<{ readonly job: Job; readonly link: HostLink }>;
}

/** What {@link createJobFinder} is made of. */
export interface JobFinderDeps {
  readonly db: Db;
  readonly hub: Pick<Hub, 'find'>;
  readonly relocations: Pick<Relocations, 'hostsOf'>;
  readonly clock: Clock;
}

/** What one host answered; undefined from one that is away or says nothing. */
interface HostJobs {
  readonly host: HostRecord;
  readonly link: HostLink | undefined;
  readonly jobs: readonly Job[] | undefined;
}

const askMs = 8_000;
const mostJobs = 1000;

/** Makes the finder. */
export function createJobFinder({ db, hub, relocations, clock }: JobFinderDeps): JobFinder {
  const ask = async (host: HostRecord, id: string | undefined): Promise<HostJobs> => {
    const link = hub.find(host.id);
    if (!link) return { host, link, jobs: undefined };
    const late = new AbortController();
    const request = link.request(agentJobs, id === undefined ? {} : { id }, { signal: late.signal });
    const answer = request.then(
      ({ jobs }) => jobs,
      // A host that does not answer is named as one that did not; its reason does not change the answer.
      () => undefined,
    );
    const jobs = await Promise.race([answer, pause(clock, askMs, late.signal)]);
    late.abort();
    return { host, link, jobs: jobs ?? undefined };
  };

  const askAll = (hosts: readonly HostRecord[], id?: string): Promise<HostJobs[]> =>
    Promise.all(hosts.filter(({ state }) => state === 'active').map((host) => ask(host, id)));

  const silent = (answers: readonly HostJobs[]): string[] =>
    answers.flatMap(({ host, jobs }) => (jobs === undefined ? [host.name] : []));

  return {
    async list(identity, hosts) {
      const answers = await askAll(hosts);
      const visible = new Set<string>();
      for (const deleted of [false, true]) {
        for (const { id, hostId } of await listServers(db, identity, { deleted })) visible.add(`${hostId} ${id}`);
      }
      const jobs = answers.flatMap(({ host, jobs: some = [] }) =>
        some.filter(({ serverId }) => visible.has(`${host.id} ${serverId}`)),
      );
      const newestFirst = jobs.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : 0));
      return { jobs: newestFirst.slice(0, mostJobs), silentHosts: silent(answers) };
    },
    async find(identity, id) {
      const answers = await askAll(await listHosts(db, identity), id);
      for (const { host, link, jobs = [] } of answers) {
        const job = jobs.find((one) => one.id === id);
        // Who purged a server may hear how that ended, though it is on no list any more.
        const server = job && (await findServerEver(db, job.serverId));
        // A host is believed about its own servers only.
        const isOwn = server !== undefined && (await relocations.hostsOf(server)).includes(host.id);
        const isVisible = isOwn && mayDo(identity, 'server:read', placeOfServer(server));
        if (job && link && isVisible) return { job, link };
      }
      const away = silent(answers);
      if (away.length === 0) {
        throw new ZedopsError('NOT_FOUND', `There is no job ${id}`, { hint: 'zedops job list' });
      }
      throw new ZedopsError(
        'UNREACHABLE',
        `No host that answers knows the job ${id}; ${away.slice(0, 5).join(', ')} cannot be asked now`,
        { hint: 'zedops host list' },
      );
    },
  };
}
