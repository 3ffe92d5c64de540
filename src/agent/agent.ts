import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { DesiredServer } from '../protocol/entities/server.ts';
import { handlerTable } from '../protocol/handlers.ts';
import type { AgentOperation } from '../protocol/operations/index.ts';
import { serverRebuild } from '../protocol/operations/server-edit.ts';
import type { Incoming, Peer } from '../protocol/peer.ts';
import { renderCompose, writeCompose } from './compose.ts';
import type { ContainerSpec } from './container-spec.ts';
import { createDoctor } from './doctor.ts';
import { hostHandlers } from './handlers/host.ts';
import { managerHandlers } from './handlers/manager.ts';
import { serverHandlers } from './handlers/server.ts';
import { serverEditHandlers } from './handlers/server-edit.ts';
import { createHostFacts } from './host-facts.ts';
import { openJobs } from './jobs.ts';
import { openLogKeeper } from './logs/follow.ts';
import { answersCommands } from './rcon/answers.ts';
import type { Runtime } from './runtime/runtime.ts';
import { createServe } from './serve.ts';
import { prepareFolders, serverFolder, worldPresent } from './server-folders.ts';
import { openApplied } from './servers/applied.ts';
import { createConsoleWatch } from './servers/console.ts';
import { createExclusive } from './servers/exclusive.ts';
import { createIntents } from './servers/intents.ts';
import { createLateChanges } from './servers/late-changes.ts';
import { createLifecycle } from './servers/lifecycle.ts';
import { createLocks } from './servers/locks.ts';
import { createLooker } from './servers/looker.ts';
import { createObserver } from './servers/observer.ts';
import { followRuntime } from './servers/reconcile.ts';
import { openRegistry } from './servers/registry.ts';
import { reviveServers } from './servers/revive.ts';
import { openStatusKeeper } from './servers/status.ts';
import { buildSpec } from './spec-build.ts';
import { checkSpec } from './spec-check.ts';

/** What an agent is made of. */
export interface AgentParts {
  readonly runtime: Runtime;
  /** The agent's own folder: what its servers should be, jobs, numbering of logs. */
  readonly folder: string;
  /** The folder below which each server has its own. */
  readonly dataRoot: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the agent. Servers run on. */
  readonly signal: AbortSignal;
}

/** An agent at work, with or without a manager. */
export interface Agent {
  /** Answers a manager. */
  serve(incoming: Incoming, peer: Peer): Promise<unknown>;
  /** Resolves when everything is written and let go of, after the signal has aborted. */
  readonly ended: Promise<void>;
}

/** Makes an agent of its parts and sets it to work. */
export async function createAgent(parts: AgentParts): Promise<Agent> {
  const { runtime, folder, dataRoot, clock, log, signal } = parts;
  const registry = await openRegistry(join(folder, 'servers'), log);
  const observer = createObserver(clock);
  const intents = createIntents();
  const applied = await openApplied(join(folder, 'applied'), log);
  const status = await openStatusKeeper(join(folder, 'status'), log);
  const console = createConsoleWatch({
    observer,
    clock,
    onLearned: (server) => {
      looker.remember(server);
      // A game that is ready has a world by now.
      looker.look(server).catch((error) => log.warn({ error }, 'looking at a container failed'));
    },
  });
  const logs = await openLogKeeper({
    folder: join(folder, 'logs'),
    runtime,
    clock,
    log,
    learned: status.flushed,
    onChunk: (server, chunk) => console.feed(registry.find(server.id) ?? server, chunk),
  });
  const looker = createLooker({
    runtime,
    registry,
    observer,
    logs,
    status,
    intents,
    applied,
    worldPresent: (server) => worldPresent(server, dataRoot),
  });
  const locks = createLocks(clock);
  const runExclusive = createExclusive({ locks, observer, clock });
  const resources = { dataRoot, hostMemoryBytes: totalmem(), hostCpus: availableParallelism() };
  const specOf = async (server: DesiredServer): Promise<ContainerSpec> => {
    const spec = buildSpec(server, resources);
    await checkSpec(spec, { dataRoot, folder: server.folder });
    return spec;
  };
  const lifecycle = createLifecycle({
    runtime,
    observer,
    console,
    looker,
    intents,
    clock,
    specOf,
    applied,
    newest: (server) => registry.find(server.id) ?? server,
    answers: (server) => {
      const container = looker.last(server.id);
      return answersCommands(applied.madeOf(server, container), container?.address, clock);
    },
    prepareFolders: (server) => prepareFolders(server, dataRoot),
    writeCompose: (server, spec) => writeCompose(serverFolder(server, dataRoot), spec, server.secretKeys),
  });
  const jobs = await openJobs(join(folder, 'jobs'), clock, log);
  const facts = createHostFacts(runtime, dataRoot, clock);
  const doctor = createDoctor({ runtime, registry, observer, looker, clock, dataRoot, stateFolder: folder });
  const handlers = handlerTable<AgentOperation>()([
    ...managerHandlers({ registry, observer, logs, jobs, facts, log, onNews: (server) => applyLate(server) }),
    ...hostHandlers(facts, doctor),
    ...serverEditHandlers({ lifecycle, folderOf: (server) => serverFolder(server, dataRoot) }),
    ...serverHandlers({
      lifecycle,
      folderOf: (server) => serverFolder(server, dataRoot),
      exportServer: async (server) => ({
        compose: renderCompose(await specOf(server), server.secretKeys),
        folder: serverFolder(server, dataRoot),
      }),
    }),
  ]);
  const answering = createServe({ handlers, registry, locks, runExclusive, jobs, clock, log, observer });
  const applyLate = createLateChanges({
    looker,
    log,
    rebuild: (server) => answering.undertake(serverRebuild, server, { server: server.name, pull: false }),
  });

  let isFirstSight = true;
  const following = followRuntime({
    runtime,
    registry,
    looker,
    clock,
    log,
    signal,
    onBlind: facts.engineSilent,
    onSight: () => {
      facts.engineAnswers().catch((error) => log.warn({ error }, 'the engine did not tell its version'));
      if (!isFirstSight) return;
      isFirstSight = false;
      // Only now is it known what there is: jobs left undone go on from there, and what crashed is planned for.
      answering.resumeJobs();
      for (const server of registry.all().filter(({ applyRevision }) => applyRevision !== undefined)) {
        applyLate(server).catch((error) => log.warn({ error }, 'looking at a container failed'));
      }
      reviveServers({ registry, observer, lifecycle, runExclusive, clock, log, signal });
    },
  });
  log.info({ runtime: runtime.kind, servers: registry.all().length, dataRoot }, 'the agent is at work');

  const end = async (): Promise<void> => {
    await following;
    await logs.close();
    await status.flushed();
    await jobs.flushed();
    await runtime.close();
  };
  return { serve: answering.serve, ended: end() };
}
