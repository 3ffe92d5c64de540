import { availableParallelism, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { DesiredServer, ObservedServer } from '../protocol/entities/server.ts';
import { handlerTable } from '../protocol/handlers.ts';
import type { AgentOperation } from '../protocol/operations/index.ts';
import { serverRebuild } from '../protocol/operations/server-edit.ts';
import type { Incoming, Peer } from '../protocol/peer.ts';
import { createAdoption } from './adoption/adopt.ts';
import { refuseBusy } from './adoption/in-use.ts';
import { openAdoptionJournal } from './adoption/journal.ts';
import { watchDisks } from './doctor/disk-trend.ts';
import { createDoctor } from './doctor/doctor.ts';
import { openChronicle } from './events/chronicle.ts';
import { eventOfJob } from './events/job-events.ts';
import { accountHandlers } from './handlers/accounts.ts';
import { adoptionHandlers } from './handlers/adoption.ts';
import { hostHandlers } from './handlers/host.ts';
import { itemHandlers } from './handlers/item.ts';
import { logSearchHandlers } from './handlers/log-search.ts';
import { managerHandlers } from './handlers/manager.ts';
import { moveHandlers } from './handlers/move.ts';
import { portHandlers } from './handlers/port.ts';
import { rconHandlers } from './handlers/rcon.ts';
import { serverHandlers } from './handlers/server.ts';
import { serverEditHandlers } from './handlers/server-edit.ts';
import { removalHandlers } from './handlers/server-removal.ts';
import { serverStateHandlers } from './handlers/server-state.ts';
import { createHostFacts } from './host/host-facts.ts';
import { createHostPorts } from './host/host-ports.ts';
import { createPreflight } from './host/preflight.ts';
import { openJobs } from './jobs/jobs.ts';
import { createManagerLine } from './link/manager-line.ts';
import { createPassage } from './link/passage.ts';
import type { ArchiveLimits } from './logs/archive/archive.ts';
import { createMetrics } from './metrics/metrics.ts';
import { createAskPlayers } from './players/ask-players.ts';
import { openPlayerWatch } from './players/watch-players.ts';
import type { Runtime } from './runtime/runtime.ts';
import { createServe } from './serve.ts';
import { createExclusive, createReserve } from './servers/exclusive.ts';
import { recallFailures } from './servers/failures.ts';
import { openHold } from './servers/hold.ts';
import { createLateChanges } from './servers/late-changes.ts';
import { createLifecycle, type Doing } from './servers/lifecycle.ts';
import { createLocks } from './servers/locks.ts';
import { followRuntime } from './servers/reconcile.ts';
import { openRegistry } from './servers/registry.ts';
import { openSight } from './sight.ts';
import { renderCompose, writeCompose } from './spec/compose.ts';
import type { ContainerSpec } from './spec/container-spec.ts';
import { isFolderBare, prepareFolders, worldPresent } from './spec/server-folders.ts';
import { buildSpec } from './spec/spec-build.ts';
import { checkSpec } from './spec/spec-check.ts';
import { createWorldChecks } from './worlds/check-world.ts';
import { cloneServer } from './worlds/clone.ts';
import { moveServer } from './worlds/move.ts';
import { keepOriginals } from './worlds/originals.ts';
import { openPlacements, refuseLeaving, refuseUnplaced } from './worlds/placements.ts';
import { createPurge } from './worlds/purge.ts';
import { saveRunning } from './worlds/save-running.ts';
import { isSameDisk } from './worlds/transfer.ts';

/** What an agent is made of. */
export interface AgentParts {
  readonly runtime: Runtime;
  /** The agent's own folder: what its servers should be, jobs, numbering of logs. */
  readonly folder: string;
  /** The folder below which each server has its own. */
  readonly dataRoot: string;
  /** Further folders to which servers may be moved. */
  readonly dataRoots?: readonly string[];
  /** How much of each server's log is kept besides what the engine keeps. */
  readonly logArchive?: ArchiveLimits;
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
  const roots = [...new Set([dataRoot, ...(parts.dataRoots ?? [])].map((root) => resolve(root)))];
  const placements = await openPlacements({ folder: join(folder, 'placements'), dataRoot, log });
  const sight = await openSight({ ...parts, registry, placements });
  const { observer, intents, applied, status, console, logs, looker, evidence, rcon } = sight;
  const hold = await openHold(folder, registry.all(), log);
  const locks = createLocks(clock);
  const runExclusive = createExclusive({ locks, observer, clock });
  const resources = { hostMemoryBytes: totalmem(), hostCpus: availableParallelism() };
  const specOf = async (server: DesiredServer): Promise<ContainerSpec> => {
    refuseUnplaced(placements, server, roots);
    const place = { dataRoot: placements.rootOf(server) };
    const spec = buildSpec(server, { ...resources, ...place });
    await checkSpec(spec, { ...place, folder: server.folder });
    return spec;
  };
  const lifecycle = createLifecycle({
    runtime,
    observer,
    console,
    looker,
    intents,
    rcon,
    clock,
    specOf,
    refuseToRun(server) {
      hold.refuse(server);
      refuseLeaving(placements, server);
    },
    evidence,
    applied,
    newest: (server) => registry.find(server.id) ?? server,
    prepareFolders: (server) =>
      prepareFolders(server, placements.rootOf(server), (id) => registry.find(id) !== undefined),
    writeCompose: (server, spec) => writeCompose(placements.folderOf(server), spec, server.secretKeys),
  });
  const adoption = createAdoption({
    ...{ runtime, registry, observer, lifecycle, dataRoot, clock, refuseBusy },
    journal: openAdoptionJournal(join(folder, 'adoptions')),
    work: join(folder, 'moves'),
  });
  const chronicle = await openChronicle({ folder, registry, observer, logs, status, clock, log, signal });
  const { tell } = chronicle;
  const players = await openPlayerWatch({
    ...{ registry, observer, console, journal: chronicle.journal, folder, folderOf: placements.folderOf },
    ...{ clock, log, signal },
    ask: createAskPlayers(rcon),
  });
  const jobs = await openJobs(join(folder, 'jobs'), clock, log, (job) => tell(eventOfJob(job)));
  recallFailures(jobs.list(), registry, observer);
  const facts = createHostFacts(runtime, dataRoot, clock);
  const diskTrends = await watchDisks({ folder, roots, clock, log });
  const doctor = createDoctor({
    ...{ runtime, registry, observer, looker, rcon, jobs, clock, dataRoot, roots, diskTrends },
    ...{ stateFolder: folder, proc: '/proc' },
  });
  const hostPorts = createHostPorts({
    containers: runtime.survey?.containers,
    servers: registry.all,
    isUp: (serverId) => looker.last(serverId)?.status === 'running',
    proc: '/proc',
  });
  const preflight = createPreflight({
    ...{ runtime, hostPorts, roots },
    rootOf(name) {
      const server = registry.all().find((one) => one.name === name);
      return resolve(server ? placements.rootOf(server) : dataRoot);
    },
  });
  const moves = {
    ...{ placements, lifecycle, looker, clock, roots, isSameDisk, work: join(folder, 'moves') },
    saveWorld: (server: DesiredServer, doing: Doing) => saveRunning({ console, rcon, clock }, server, doing),
  };
  const line = createManagerLine(clock, signal);
  const passage = createPassage({
    ...{ ...moves, registry, sight, hold, runtime, runExclusive, line, dataRoot, tell, log },
  });
  const metrics = createMetrics({ runtime, registry, observer, looker, roots, proc: '/proc', clock, log, signal });
  const handlers = handlerTable<AgentOperation>()([
    ...metrics.handlers,
    ...managerHandlers({ registry, observer, logs, jobs, facts, hold, log, onNews: (server) => applyLate(server) }),
    ...logSearchHandlers({ registry, logs, folderOf: placements.folderOf, zoneOf: players.zoneOf, clock }),
    ...hostHandlers(facts, doctor),
    ...portHandlers(hostPorts, preflight),
    ...serverStateHandlers({ looker, evidence, observer }),
    ...serverEditHandlers({ lifecycle, folderOf: placements.folderOf }),
    ...removalHandlers({
      lifecycle,
      looker,
      purge: createPurge({ runtime, rootOf: placements.rootOf, clock }),
      originals: passage.originals,
      checks: createWorldChecks({ rootOf: placements.rootOf, clock, runOf: (id) => runOf(observer.find(id)), signal }),
      folderOf: placements.folderOf,
      isBare: (server) => isFolderBare(server, placements.rootOf(server)),
      worldPresent: (server) => worldPresent(server, placements.rootOf(server)),
      async forget({ id }) {
        await logs.forget(id);
        await status.forget(id);
        await applied.forget(id);
        await chronicle.forget(id);
        await placements.forget(id);
        await registry.forget(id);
        await players.forget(id);
        observer.forget(id);
      },
    }),
    ...adoptionHandlers({ adoption, runtime, registry, dataRoot, clock, refuseBusy }),
    ...chronicle.handlers,
    ...itemHandlers({ folderOf: placements.folderOf, observer }),
    ...accountHandlers({ registry, folderOf: placements.folderOf, clock }),
    ...rconHandlers({ rcon, registry, observer }),
    ...serverHandlers({
      lifecycle,
      exportServer: async (server) => ({
        compose: renderCompose(await specOf(server), server.secretKeys),
        folder: placements.folderOf(server),
      }),
    }),
    ...passage.handlers,
    ...moveHandlers({
      registry,
      reserve: createReserve({ locks, observer }),
      move: (server, path, doing) => moveServer(moves, server, path, doing),
      clone: (source, server, isLive, doing) => cloneServer(moves, source, server, isLive, doing),
    }),
  ]);
  const answering = createServe({ handlers, registry, locks, runExclusive, jobs, clock, log, observer });
  const applyLate = createLateChanges({
    looker,
    log,
    rebuild: (server) => answering.undertake(serverRebuild, server, { server: server.name, pull: false }),
  });

  metrics.begin();
  const keeping = keepOriginals(passage.originals, clock, signal);
  let isFirstSight = true;
  const following = followRuntime({
    runtime,
    registry,
    looker,
    clock,
    log,
    signal,
    onBlind: facts.engineSilent,
    onEvent({ id, name }, { kind }) {
      if (kind !== 'oom') return;
      tell({ kind: 'out-of-memory', serverId: id, text: `the kernel ended a process of ${name} for want of memory` });
    },
    onSight: () => {
      facts.engineAnswers().catch((error) => log.warn({ error }, 'the engine did not tell its version'));
      if (!isFirstSight) return;
      isFirstSight = false;
      // Only now is it known what there is: jobs left undone go on from there, and what crashed is planned for.
      let isFirstWord = true;
      hold.onTold(() => {
        if (!isFirstWord) return;
        isFirstWord = false;
        answering.resumeJobs();
        adoption
          .putBackLeft((id) => jobs.left.some(({ job }) => job.id === id))
          .catch((error) => log.error({ error }, 'what a failed adoption left could not be put back'));
      });
      players.begin();
      chronicle.begin({ hold, lifecycle, runExclusive, facts: facts.now });
    },
  });
  log.info({ runtime: runtime.kind, servers: registry.all().length, dataRoot }, 'the agent is at work');

  const end = async (): Promise<void> => {
    await following;
    await keeping;
    diskTrends.close();
    await sight.closed();
    await jobs.flushed();
    await players.flushed();
    await chronicle.flushed();
    await runtime.close();
  };
  return {
    serve(incoming, peer) {
      line.heard(peer);
      return answering.serve(incoming, peer);
    },
    ended: end(),
  };
}

/** Whether a game runs, and whether it never did: an engine knows of no start of a container it only made. */
function runOf(observed: ObservedServer | undefined): { readonly isRunning: boolean; readonly neverRan: boolean } {
  const container = observed?.container;
  const isRunning = container?.status === 'running' || container?.status === 'paused';
  return { isRunning, neverRan: container?.status === 'created' };
}
