import { mkdir } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../platform/clock.ts';
import { lockFolder } from '../platform/folder-lock.ts';
import { readImageTexts } from '../platform/image-texts.ts';
import type { Log } from '../platform/log.ts';
import { packageRoot } from '../platform/package-root.ts';
import type { Paths } from '../platform/paths.ts';
import type { Settings } from '../platform/settings.ts';
import type { DesiredServer } from '../protocol/entities/server.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { handlerTable } from '../protocol/handlers.ts';
import type { AgentOperation } from '../protocol/operations/index.ts';
import type { Incoming, Peer } from '../protocol/peer.ts';
import type { Wire } from '../protocol/wire.ts';
import { parseImage } from '../zomboid/image.ts';
import { processCommand } from '../zomboid/image-template.ts';
import { renderCompose, writeCompose } from './compose.ts';
import type { ContainerSpec } from './container-spec.ts';
import { createDoctor } from './doctor.ts';
import { hostHandlers } from './handlers/host.ts';
import { managerHandlers } from './handlers/manager.ts';
import { serverHandlers } from './handlers/server.ts';
import { createHostFacts } from './host-facts.ts';
import { readIdentity } from './identity.ts';
import { openJobs } from './jobs.ts';
import { greet, keepLinked } from './link.ts';
import { openLogKeeper } from './logs/follow.ts';
import { chooseRuntime } from './runtime/choose.ts';
import { createDockerRuntime } from './runtime/docker.ts';
import { createProcessRuntime } from './runtime/process.ts';
import type { Runtime } from './runtime/runtime.ts';
import { createServe } from './serve.ts';
import { prepareFolders, serverFolder, worldPresent } from './server-folders.ts';
import { createConsoleWatch } from './servers/console.ts';
import { createExclusive } from './servers/exclusive.ts';
import { createIntents } from './servers/intents.ts';
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
export interface AgentOptions {
  readonly paths: Paths;
  readonly settings: Settings;
  readonly log: Log;
  /** Ends the agent. Servers run on. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** An agent at work, with or without a manager. */
export interface Agent {
  /** Answers a manager. */
  serve(incoming: Incoming, peer: Peer): Promise<unknown>;
  /** Resolves when everything is written and let go of, after the signal has aborted. */
  readonly ended: Promise<void>;
}

/** Runs the agent of this host for the manager it has joined, until the signal aborts or the manager rejects it. */
export async function runAgent(options: AgentOptions): Promise<void> {
  const identity = await readIdentity(options.paths.agent);
  if (!identity) {
    throw new ZedopsError('NOT_FOUND', 'This host has not joined a manager', {
      hint: 'zedops host invite <name> on the manager prints the line to run here',
    });
  }
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const agent = await startAgent({ ...options, signal });
  try {
    const { log, clock = systemClock } = options;
    await keepLinked({ folder: options.paths.agent, identity, serve: agent.serve, clock, log, signal });
  } finally {
    ending.abort();
    await agent.ended;
  }
}

/** Runs an agent for a manager in the same process, over a wire between the two, until the signal aborts. */
export async function runLocalAgent(options: AgentOptions, attach: () => Promise<Wire>): Promise<Agent> {
  const agent = await startAgent(options);
  await greet(await attach(), agent.serve, options.log);
  return agent;
}

async function startAgent(options: AgentOptions): Promise<Agent> {
  const { paths, settings, log, signal, clock = systemClock } = options;
  const unlock = await lockFolder(paths.agent, 'agent');
  const dataRoot = settings.get('agent.dataRoot');
  await mkdir(dataRoot, { recursive: true, mode: 0o755 });
  const runtime = await openRuntime(options, dataRoot);
  const registry = await openRegistry(join(paths.agent, 'servers'), log);
  const observer = createObserver(clock);
  const intents = createIntents();
  const status = await openStatusKeeper(join(paths.agent, 'status'), log);
  const console = createConsoleWatch({
    observer,
    clock,
    onLearned: (server) => looker.remember(server),
  });
  const logs = await openLogKeeper({
    folder: join(paths.agent, 'logs'),
    runtime,
    clock,
    log,
    onChunk: (server, containerId, chunk) => console.feed(registry.find(server.id) ?? server, containerId, chunk),
  });
  const looker = createLooker({
    runtime,
    registry,
    observer,
    logs,
    status,
    intents,
    worldPresent: (server) => worldPresent(server, dataRoot),
  });
  const locks = createLocks(clock);
  const runExclusive = createExclusive({ locks, observer, clock });
  const resources = { dataRoot, hostMemoryBytes: totalmem(), hostCpus: availableParallelism() };
  const specOf = async (server: DesiredServer): Promise<ContainerSpec> => {
    const spec = buildSpec(server, resources);
    await checkSpec(spec, { dataRoot });
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
    prepareFolders: (server) => prepareFolders(server, dataRoot),
    writeCompose: (server, spec) => writeCompose(serverFolder(server, dataRoot), spec, server.secretKeys),
  });
  const jobs = await openJobs(join(paths.agent, 'jobs'), clock, log);
  const facts = createHostFacts(runtime, dataRoot, clock);
  const doctor = createDoctor({ runtime, registry, observer, looker, clock, dataRoot, stateFolder: paths.agent });
  const handlers = handlerTable<AgentOperation>()([
    ...managerHandlers({ registry, observer, looker, logs, jobs, facts }),
    ...hostHandlers(facts, doctor),
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
    await unlock();
  };
  return { serve: answering.serve, ended: end() };
}

async function openRuntime({ paths, settings, log, clock = systemClock }: AgentOptions, dataRoot: string): Promise<Runtime> {
  return chooseRuntime({
    wanted: settings.get('agent.runtime'),
    folder: paths.agent,
    log,
    docker: async () => createDockerRuntime({ socketPath: settings.get('agent.dockerSocket'), clock, log }),
    process: async () => {
      const texts = await readImageTexts([join(packageRoot(), 'templates/images'), join(paths.config, 'images')]);
      const commands = new Map(
        texts.flatMap(({ id, image }) => {
          const parsed = parseImage(id, image);
          return 'image' in parsed ? [[id, processCommand(parsed.image)] as const] : [];
        }),
      );
      return createProcessRuntime({
        folder: join(paths.agent, 'processes'),
        dataRoot,
        clock,
        log,
        processCommand: (template) => commands.get(template),
        packageRoot: packageRoot(),
      });
    },
  });
}
