import type { Log } from '../../platform/log.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import {
  agentJobCancel,
  agentJobs,
  agentJobWatch,
  agentLogs,
  agentPing,
  agentWatch,
} from '../../protocol/operations/agent.ts';
import { systemPing } from '../../protocol/operations/system.ts';
import { handleOnAgent } from '../context.ts';
import type { HostFactsKeeper } from '../host/host-facts.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { LogKeeper } from '../logs/follow.ts';
import type { Hold } from '../servers/hold.ts';
import type { Observer } from '../servers/observer.ts';
import type { Registry } from '../servers/registry.ts';

/** What the handlers of the manager's own questions need. */
export interface ManagerHandlerDeps {
  readonly registry: Registry;
  readonly observer: Observer;
  readonly logs: LogKeeper;
  readonly jobs: Jobs;
  readonly facts: HostFactsKeeper;
  readonly hold: Pick<Hold, 'told'>;
  readonly log: Log;
  /** Looks at a server whose desired state is news, and does what may not wait for its next start. */
  readonly onNews: (server: DesiredServer) => Promise<void>;
}

/** Handlers of what the manager asks for itself: to mirror this host, to feed viewers, to follow jobs. */
export function managerHandlers(deps: ManagerHandlerDeps) {
  const { registry, observer, logs, jobs, facts, hold, log, onNews } = deps;
  /** A host whose disk is full tells what it sees all the same; what it was told it knows until it restarts. */
  const accept = async (server: DesiredServer): Promise<DesiredServer> => {
    try {
      return await registry.accept(server);
    } catch (error) {
      if (!(error instanceof ZedopsError)) throw error;
      log.error({ server: server.name, error }, 'what a server should be could not be written');
      return registry.get(server.id);
    }
  };

  return [
    handleOnAgent(agentWatch, async ({ desired }, { progress, signal }) => {
      for (const server of desired) {
        const known = registry.find(server.id)?.revision;
        const newest = await accept(server);
        observer.note(newest, {});
        if (newest.revision !== known) {
          onNews(newest).catch((error) => {
            log.warn({ server: newest.name, error }, 'a server of which there is news could not be looked at yet');
          });
        }
      }
      await hold
        .told(desired.map(({ id }) => id))
        .catch((error) => log.error({ error }, 'that servers are not held any more could not be written'));
      const unsubscribe = observer.subscribe((server) => progress({ kind: 'server', server }));
      const unwatch = facts.subscribe((changed) => progress({ kind: 'facts', facts: changed }));
      progress({ kind: 'snapshot', facts: facts.now(), servers: [...observer.all()] });
      await aborted(signal);
      unsubscribe();
      unwatch();
      return {};
    }),
    handleOnAgent(agentLogs, async ({ serverId, ...read }, { progress, signal, lag }) => {
      const serverLog = await logs.of(registry.get(serverId));
      const cursor = await serverLog.read({ ...read, signal }, (item) => {
        progress(item);
        return lag();
      });
      return { cursor };
    }),
    handleOnAgent(agentPing, async (_, { peer, signal }) => {
      if (!peer) throw new ZedopsError('UNREACHABLE', 'There is no connection to the manager to measure');
      const begun = performance.now();
      await peer.request(systemPing, {}, { signal });
      return { roundTripMs: performance.now() - begun };
    }),
    handleOnAgent(agentJobs, async ({ id }) => ({
      jobs: id === undefined ? [...jobs.list()] : jobs.knows(id) ? [jobs.get(id)] : [],
    })),
    handleOnAgent(agentJobWatch, async ({ id }, { progress, signal }) => ({
      job: await jobs.watch(id, progress, signal),
    })),
    handleOnAgent(agentJobCancel, async ({ id }) => ({ job: await jobs.cancel(id) })),
  ];
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
