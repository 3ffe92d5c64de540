import type { Log } from '../../platform/log.ts';
import type { Job } from '../../protocol/entities/job.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Forwarded } from '../../protocol/forward.ts';
import type { OperationShape } from '../../protocol/operation.ts';
import { agentJobs, agentJobWatch } from '../../protocol/operations/agent.ts';
import { serverClone } from '../../protocol/operations/move.ts';
import { serverRelocate } from '../../protocol/operations/relocation.ts';
import { serverPurge } from '../../protocol/operations/server-removal.ts';
import type { HostLink, Hub } from '../hosts/hub.ts';
import { isLost } from '../hosts/lost-link.ts';
import type { Relocations } from '../relocation/relocations.ts';
import type { Desire } from '../servers/desire.ts';
import type { DesiredChange } from '../servers/desired-change.ts';
import { idOfNewServer } from '../servers/new-server.ts';
import type { LeftChange } from '../servers/undo-new-server.ts';
import type { Db } from '../store/database.ts';
import { findServer, type ServerRecord } from '../store/servers.ts';
import { hostOf, hostOfServer, type ManagerContext } from './context.ts';

/** Has a host carry out an operation. @throws ZedopsError what the host answers; UNREACHABLE where it is offline. */
export type Forward = (operation: OperationShape, input: unknown, context: ManagerContext) => Promise<unknown>;

/** What {@link createForward} is made of. */
export interface ForwardDeps {
  readonly db: Db;
  readonly hub: Pick<Hub, 'get' | 'find' | 'onPresence'>;
  readonly desire: Desire;
  readonly relocations: Pick<Relocations, 'target' | 'refuseMoving' | 'refuseUncleared'>;
  /** Tells a host anew what its servers should be. */
  readonly tellAgain: (hostId: string) => void;
  /** Changes of an earlier process of this manager, to be settled when their hosts are back. */
  readonly left: readonly LeftChange[];
  readonly log: Log;
}

/** A change whose host went away before anyone knew whether it took it. */
type Unsettled = Pick<LeftChange, 'requestId' | 'change'>;

/** What a host has done as a job. */
type Finished = Pick<Job, 'id' | 'subject' | 'serverId' | 'reply'>;

/**
 * Makes what sends operations to hosts. An operation that changes what a server should be changes it first, and only
 * where the host is online; when the host turns out not to have taken it, the change is taken back.
 */
export function createForward({ db, hub, desire, relocations, left, tellAgain, log }: ForwardDeps): Forward {
  const unsettled = new Map<string, Set<Unsettled>>();
  for (const entry of left) unsettled.set(entry.hostId, (unsettled.get(entry.hostId) ?? new Set()).add(entry));
  /** Requests that are being asked, perhaps again: nothing is taken back behind them. */
  const underWay = new Set<string>();

  /** What became of a request on its host: undefined when no job has begun for it. */
  const jobOf = async (link: HostLink, id: string): Promise<Job | undefined> =>
    (await link.request(agentJobs, { id })).jobs.find((job) => job.id === id);

  const hasJobs = async (link: HostLink, serverId: string): Promise<boolean> =>
    (await link.request(agentJobs, {})).jobs.some((job) => job.serverId === serverId);

  const takeBack = async (hostId: string, undo: () => Promise<boolean>, id: string): Promise<void> => {
    if (underWay.has(id)) return;
    try {
      if (await undo()) tellAgain(hostId);
      await desire.settled(id);
    } catch (error) {
      log.error({ id, error: asError(error) }, 'a change could not be taken back');
    }
  };

  const finish = async ({ id, subject, serverId, reply }: Finished): Promise<void> => {
    try {
      await desire.done({ id, subject, serverId, reply });
    } catch (error) {
      log.error({ id, error: asError(error) }, 'what a host has done could not be written');
    }
  };

  /** After a failure: the host never took it, took it and failed, or went away without a word. */
  const settle = async (link: HostLink, entry: Unsettled): Promise<void> => {
    const { requestId, change } = entry;
    let job: Job | undefined;
    let isInOthersHands = false;
    try {
      job = await jobOf(link, requestId);
      isInOthersHands = job === undefined && (await hasJobs(link, change.server.id));
    } catch (error) {
      postpone(link, entry, error);
      return;
    }
    if (job?.state === 'running') void follow(link, entry);
    else if (job) await conclude(link, entry, job);
    else await takeBack(link.hostId, () => change.undoRefused(isInOthersHands), requestId);
  };

  /** It runs on there, and whoever asked may be gone: its end is waited for all the same. */
  const follow = async (link: HostLink, entry: Unsettled): Promise<void> => {
    try {
      const { job } = await link.request(agentJobWatch, { id: entry.requestId });
      await conclude(link, entry, job);
    } catch (error) {
      postpone(link, entry, error);
    }
  };

  const postpone = (link: HostLink, entry: Unsettled, error: unknown): void => {
    const { requestId: id } = entry;
    log.debug({ id, host: link.hostName, error: asError(error) }, 'what became of a job is not known yet');
    const newer = hub.find(link.hostId);
    if (newer && newer !== link) {
      // The host came back while the work was still meant for the connection it had before.
      void settle(newer, entry);
      return;
    }
    const some = unsettled.get(link.hostId) ?? new Set();
    unsettled.set(link.hostId, some.add(entry));
  };

  const conclude = async (link: HostLink, { requestId, change }: Unsettled, job: Job): Promise<void> => {
    if (job.state === 'done') await finish(job);
    else if (job.state === 'failed' || job.state === 'cancelled') {
      await takeBack(link.hostId, change.undoFailed, requestId);
    }
  };

  hub.onPresence((hostId, isOnline) => {
    const link = hub.find(hostId);
    const some = unsettled.get(hostId);
    if (!isOnline || !link || !some) return;
    unsettled.delete(hostId);
    for (const entry of some) void settle(link, entry);
  });

  /** The same request may come again; what is under way for it must not be taken back behind it. */
  const forgetUnsettled = (hostId: string, requestId: string): void => {
    const some = unsettled.get(hostId) ?? new Set();
    for (const entry of some) if (entry.requestId === requestId) some.delete(entry);
  };

  const send = async (
    link: HostLink,
    operation: OperationShape,
    forwarded: Forwarded,
    context: Pick<ManagerContext, 'id' | 'signal' | 'progress'>,
  ): Promise<unknown> => {
    // A job goes on when whoever asked leaves, and the audit is to know how it ended.
    const signal = operation.lasting === 'job' ? undefined : context.signal;
    try {
      return await link.request(operation, forwarded, { id: context.id, signal, onProgress: context.progress });
    } catch (error) {
      throw (await isLost(link, error)) ? lostMeanwhile(link, operation, context.id, error) : error;
    }
  };

  return async (operation, input, context) => {
    const { server } = context;
    const { subject } = operation;
    const host =
      subject === serverRelocate.subject
        ? await relocations.target(input, context)
        : server
          ? await hostOfServer(db, server)
          : hostOf(context);
    const link = hub.get(host);
    if (!link.knows(subject)) {
      throw new ZedopsError('UNSUPPORTED', `The agent of ${host.name} does not know ${subject}`, {
        hint: 'upgrade the agent',
      });
    }
    const { actor } = context.identity;
    const isJob = operation.lasting === 'job';
    const known = isJob ? await jobOf(link, context.id) : undefined;
    if (known) {
      // Asked for again after a lost connection: the host answers from its record, and nothing changes.
      const same = await serverOfJob(db, known, operation, context);
      const again = { actor, input: withoutEnv(input), server: await desire.current(same) };
      const reply = await send(link, operation, again, context);
      await finish({ id: context.id, subject, serverId: same.id, reply });
      return reply;
    }
    if (server && operation.lock !== undefined) {
      if (subject === serverPurge.subject) await relocations.refuseUncleared(server);
      else await relocations.refuseMoving(server);
    }
    forgetUnsettled(host.id, context.id);
    underWay.add(context.id);
    let change: DesiredChange | undefined;
    try {
      change = await desire.change(subject, input, context);
      if (change) context.about(change.server.name);
      const desired = change?.server ?? (server && (await desire.current(server)));
      const forwarded = { actor, input: change?.input ?? input, ...(desired ? { server: desired } : {}) };
      const progress = warned(context.progress, change?.warnings ?? []);
      const reply = await send(link, operation, forwarded, { ...context, progress });
      await change?.whenDone?.(reply);
      if (change && isJob) await finish({ id: context.id, subject, serverId: change.server.id, reply });
      return reply;
    } catch (error) {
      underWay.delete(context.id);
      if (change && isJob) await settle(link, { requestId: context.id, change });
      throw error;
    } finally {
      underWay.delete(context.id);
    }
  };
}

function lostMeanwhile({ hostName }: HostLink, { subject, lasting }: OperationShape, id: string, cause: unknown) {
  const goesOn = lasting === 'job' ? '; where it had begun, it goes on there' : '';
  return new ZedopsError('UNREACHABLE', `The connection to ${hostName} was lost during ${subject}${goesOn}`, {
    hint: lasting === 'job' ? `zedops job watch ${id}` : 'try again in a moment',
    cause,
  });
}

/** The server of a job that is asked for again. Nobody gets at another request's outcome by using its id. */
async function serverOfJob(
  db: Db,
  job: Job,
  { subject }: OperationShape,
  { identity, id, server }: ManagerContext,
): Promise<ServerRecord> {
  // A clone is about one server and makes another.
  const existing = subject === serverClone.subject ? undefined : server?.id;
  const wanted = existing ?? idOfNewServer(identity.actor, id);
  const found = job.subject === subject && job.serverId === wanted ? await findServer(db, wanted) : undefined;
  if (found?.id === wanted) return found;
  throw new ZedopsError('CONFLICT', `The request id ${id} was used for something else already`, {
    hint: 'ask again under a new id',
  });
}

/** Passes steps on, with warnings ahead of the first, which says that the work has begun. */
function warned(progress: ManagerContext['progress'], warnings: readonly string[]): ManagerContext['progress'] {
  const left = [...warnings];
  return (step) => {
    for (const warning of left.splice(0)) progress({ step: warning, isWarning: true });
    progress(step);
  };
}

function withoutEnv(input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input;
  return { ...input, ...('env' in input ? { env: {} } : {}), ...('set' in input ? { set: {} } : {}) };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
