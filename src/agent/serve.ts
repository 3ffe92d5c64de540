import { type Clock, isoTime } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { Step } from '../protocol/entities/job.ts';
import type { DesiredServer } from '../protocol/entities/server.ts';
import { invalidInput, ZedopsError } from '../protocol/errors.ts';
import { Forwarded } from '../protocol/forward.ts';
import type { BoundHandler, HandlerTable } from '../protocol/handlers.ts';
import { newId } from '../protocol/id.ts';
import type { OperationShape } from '../protocol/operation.ts';
import { serverRebuild } from '../protocol/operations/server-edit.ts';
import { systemPing } from '../protocol/operations/system.ts';
import type { Incoming, Peer } from '../protocol/peer.ts';
import type { AgentContext } from './context.ts';
import type { Jobs, JobWork } from './jobs/jobs.ts';
import { whenBack } from './runtime/engine-away.ts';
import type { RunExclusive } from './servers/exclusive.ts';
import type { Locks } from './servers/locks.ts';
import type { Observer } from './servers/observer.ts';
import type { Registry } from './servers/registry.ts';

/** What serving the manager needs. */
export interface ServeOptions {
  readonly handlers: HandlerTable<AgentContext>;
  readonly registry: Registry;
  readonly locks: Locks;
  readonly runExclusive: RunExclusive;
  readonly jobs: Jobs;
  readonly observer: Observer;
  readonly clock: Clock;
  readonly log: Log;
}

/** Answers the manager, and takes up again what an earlier process of this agent left undone. */
export interface Server {
  serve(incoming: Incoming, peer: Peer): Promise<unknown>;
  /** Goes on with the jobs found running on disk. Each handler is written so that running it again continues it. */
  resumeJobs(): void;
  /** Does a lasting operation of this agent's own accord. Rejects as its job does. */
  undertake(operation: OperationShape, server: DesiredServer, input: unknown): Promise<unknown>;
}

const lagBytes = 1024 * 1024;
const noActor = { kind: 'system', id: '', name: 'zedops' } as const;

/**
 * Makes what answers every operation an agent serves: finds the handler, keeps the newest desired state, takes the
 * server's lock, runs long work as a job, and notes what goes on. Handlers do none of this themselves.
 */
export function createServe(options: ServeOptions): Server {
  const { handlers, registry, locks, runExclusive, jobs, observer, clock, log } = options;

  /** Runs a handler while holding its server's lock, its steps shown as what goes on with the server. */
  const runLocked = (
    bound: BoundHandler<string, AgentContext>,
    server: DesiredServer,
    input: unknown,
    context: AgentContext,
  ): Promise<unknown> => {
    const { subject, lock } = bound.operation;
    const doer = { id: context.id, subject, actor: context.actor.name, passes: lock === 'passes' };
    return runExclusive(server, doer, (showStep) =>
      bound.run(input, {
        ...context,
        progress(data) {
          showStep(data);
          context.progress(data);
        },
      }),
    );
  };

  const runJob = (
    bound: BoundHandler<string, AgentContext>,
    server: DesiredServer,
    input: unknown,
    context: AgentContext,
  ): Promise<unknown> => {
    const { subject } = bound.operation;
    const start = {
      id: context.id,
      subject,
      serverId: server.id,
      serverName: server.name,
      actor: context.actor.name,
      input,
    };
    // A second job for a busy server is refused before it leaves a record.
    if (!jobs.knows(context.id)) locks.check(server);
    return jobs.run(
      start,
      (work) =>
        runLocked(bound, server, input, {
          ...context,
          signal: work.signal,
          progress: reportTo(work),
        }),
      context.progress,
      context.signal,
    );
  };

  /** Where two containers say that they are one server, nobody can tell which of them is to be changed. */
  const refuseRivals = ({ id, name }: DesiredServer): void => {
    const conflict = observer.find(id)?.conflict;
    // Work that is under way may have made the second one, and knows what it is for.
    if (!conflict || locks.holder(id)) return;
    throw new ZedopsError('CONFLICT', `Several containers say they are ${name}: ${conflict.join(', ')}`, {
      hint: `remove the wrong one with the engine’s own tools, then: zedops sync ${name}`,
    });
  };

  let hasResumed = false;
  /** A job left undone has its server before anyone who comes while the host is still being looked at. */
  const refuseBeforeResumed = (server: DesiredServer, requestId: string): void => {
    const left = hasResumed ? undefined : jobs.left.find(({ job }) => job.serverId === server.id);
    if (!left || left.job.id === requestId) return;
    const { id, subject, actor } = left.job;
    throw new ZedopsError(
      'CONFLICT',
      `${server.name} is busy: ${subject} by ${actor} was left undone and goes on next`,
      {
        hint: `zedops job watch ${id}`,
      },
    );
  };

  /** A kill passes a full disk, too, and so does who only looks. */
  const accept = async (sent: DesiredServer, passes: boolean): Promise<DesiredServer> => {
    try {
      return await registry.accept(sent);
    } catch (error) {
      const known = registry.find(sent.id);
      if (!passes || !known || !(error instanceof ZedopsError)) throw error;
      log.error({ server: sent.name, error }, 'what a server should be could not be written');
      return known;
    }
  };

  const perform = async (
    bound: BoundHandler<string, AgentContext>,
    data: unknown,
    context: AgentContext,
  ): Promise<unknown> => {
    if (bound.operation.audience !== 'people') return bound.run(data, context);
    const forwarded = Forwarded.safeParse(data);
    if (!forwarded.success) throw invalidInput(bound.subject, forwarded.error);
    const { actor, input, server: sent } = forwarded.data;
    const passes = bound.operation.lock === 'passes' || bound.operation.effect === 'read';
    const server = sent === undefined ? undefined : await accept(sent, passes);
    const asked = { ...context, actor, server };
    log.info({ id: context.id, subject: bound.subject, actor: actor.name, server: server?.name }, 'asked');
    if (!server || bound.operation.lock === undefined) {
      if (server) observer.note(server, {});
      return bound.run(input, asked);
    }
    try {
      refuseRivals(server);
      if (bound.operation.lock !== 'passes') refuseBeforeResumed(server, context.id);
      // Its first step shows the server as what it should be now. Shown sooner, one that is to be on, and is down, would
      // have the agent plan a start beside this one.
      if (bound.operation.lasting === 'job') return await runJob(bound, server, input, asked);
      return await runLocked(bound, server, input, asked);
    } catch (error) {
      observer.note(server, {});
      throw error;
    }
  };

  /** An engine that comes up with its host is not always up for good at once: what is half done waits for it. */
  const patient = (
    bound: BoundHandler<string, AgentContext>,
    isGoingBack: boolean,
  ): BoundHandler<string, AgentContext> => ({
    ...bound,
    run: (input, context) =>
      whenBack(() => bound.run(input, context), {
        clock,
        // Going back cannot be cancelled: it is what cancelling asked for.
        signal: isGoingBack ? undefined : context.signal,
        onAway: ({ message }) => context.progress({ step: `waiting for the engine: ${message}` } satisfies Step),
      }),
  });

  return {
    async serve(incoming, peer) {
      if (incoming.subject === systemPing.subject) return { clock: isoTime(clock.now()) };
      const bound = handlers.get(incoming.subject);
      if (!bound) {
        throw new ZedopsError('UNSUPPORTED', `This agent does not know ${incoming.subject}`, {
          hint: 'upgrade the agent',
        });
      }
      return perform(bound, incoming.data, {
        id: incoming.id,
        signal: incoming.signal,
        progress: (data) => incoming.progress(data),
        lag: () => (incoming.buffered() > lagBytes ? incoming.drained() : undefined),
        actor: noActor,
        server: undefined,
        begunAt: clock.now(),
        peer,
      });
    },
    async undertake({ subject }, server, input) {
      const bound = handlers.get(subject);
      if (!bound) throw new Error(`there is no handler of ${subject}`);
      return runJob(bound, server, input, {
        id: newId(clock.now()),
        signal: new AbortController().signal,
        progress: () => undefined,
        lag: () => undefined,
        actor: noActor,
        server,
        begunAt: clock.now(),
        peer: undefined,
      });
    },
    resumeJobs() {
      hasResumed = true;
      for (const left of jobs.left) {
        const bound = handlers.get(left.job.subject);
        const server = registry.find(left.job.serverId);
        if (!bound || !server) {
          log.warn({ id: left.job.id, subject: left.job.subject }, 'gives up a job left undone: its server is gone');
          void jobs.recover(left, 'undone', () => Promise.reject(serverGone(left.job.serverName)));
          continue;
        }
        log.warn({ id: left.job.id, subject: left.job.subject, server: server.name }, 'goes on with a job left undone');
        const context = {
          id: left.job.id,
          actor: { ...noActor, name: left.job.actor },
          server,
          begunAt: Date.parse(left.job.startedAt),
          peer: undefined,
          lag: () => undefined,
        };
        // What has no word for going back goes on, and is whole then.
        const wasCancelled = left.wasCancelled && left.job.subject === serverRebuild.subject;
        void jobs.recover({ ...left, wasCancelled }, wasCancelled ? 'undone' : 'resumed', (work) =>
          runLocked(patient(bound, wasCancelled), server, left.input, {
            ...context,
            signal: work.signal,
            progress: reportTo(work),
          }),
        );
      }
    },
  };
}

/** Hands what a handler reports to its job's record, where it is a step. */
function reportTo(work: JobWork): (data: unknown) => void {
  return (data) => {
    const step = Step.safeParse(data);
    if (step.success) work.report(step.data);
  };
}

function serverGone(name: string): ZedopsError {
  return new ZedopsError('NOT_FOUND', `This host does not know ${name} any more, so the job could not be gone on with`);
}
