import { agentJobCancel, agentJobWatch } from '../../protocol/operations/agent.ts';
import { jobCancel, jobList, jobShow, jobWatch } from '../../protocol/operations/job.ts';
import { serverStop } from '../../protocol/operations/server.ts';
import type { JobFinder } from '../fleet/job-finder.ts';
import { hostNamed, lacks, placeOfServer } from '../gateway/authorize.ts';
import { handleOnManager } from '../gateway/context.ts';
import { mayDo } from '../people/identity.ts';
import type { Desire } from '../servers/desire.ts';
import type { Db } from '../store/database.ts';
import { listHosts } from '../store/hosts.ts';
import { findServer } from '../store/servers.ts';

/** What the handlers of jobs need. */
export interface JobHandlerDeps {
  readonly db: Db;
  readonly finder: JobFinder;
  readonly desire: Pick<Desire, 'stopCancelled' | 'done'>;
  /** Tells a host anew what its servers should be. */
  readonly tellAgain: (hostId: string) => void;
}

/** Handlers of jobs: hosts keep them, and are asked. */
export function jobHandlers({ db, finder, desire, tellAgain }: JobHandlerDeps) {
  return [
    handleOnManager(jobList, async ({ host }, { identity }) => {
      const hosts = host === undefined ? await listHosts(db, identity) : [await hostNamed(db, identity, host)];
      return finder.list(identity, hosts);
    }),
    handleOnManager(jobShow, async ({ job: id }, { identity }) => {
      const { job } = await finder.find(identity, id);
      return { job };
    }),
    handleOnManager(jobWatch, async ({ job: id }, { identity, signal, progress }) => {
      const { link } = await finder.find(identity, id);
      const { job } = await link.request(agentJobWatch, { id }, { signal, onProgress: progress });
      // Who watched a job to its end finds what it did, also where nobody else was there to hear of it.
      if (job.state === 'done') await desire.done(job);
      return { job };
    }),
    handleOnManager(jobCancel, async ({ job: id }, { identity, about }) => {
      const { job, link } = await finder.find(identity, id);
      about(job.serverName);
      const place = placeOfServer({ id: job.serverId, hostId: link.hostId });
      if (!mayDo(identity, 'server:control', place)) throw lacks(jobCancel.subject, 'server:control', job.serverName);
      const before = await findServer(db, job.serverId);
      const reply = await link.request(agentJobCancel, { id });
      if (before && job.subject === serverStop.subject && reply.job.state === 'cancelled') {
        // Whoever cancels a stop wants the game to go on, and to come back should it crash.
        if (await desire.stopCancelled(before)) tellAgain(link.hostId);
      }
      return reply;
    }),
  ];
}
