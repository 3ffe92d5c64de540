import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../platform/clock.ts';
import { lockFolder } from '../platform/files/folder-lock.ts';
import { readImageTexts } from '../platform/files/image-texts.ts';
import { packageRoot } from '../platform/files/package-root.ts';
import type { Paths } from '../platform/files/paths.ts';
import type { Log } from '../platform/log.ts';
import type { Settings } from '../platform/settings.ts';
import { parseSize } from '../platform/size.ts';
import { parseSpan } from '../platform/span.ts';
import { ZedopsError } from '../protocol/errors.ts';
import type { CloseReason, Wire } from '../protocol/wire.ts';
import { parseImage } from '../zomboid/images/image.ts';
import { processCommand } from '../zomboid/images/image-template.ts';
import { type Agent, createAgent } from './agent.ts';
import { readIdentity } from './link/identity.ts';
import { greet, keepLinked } from './link/link.ts';
import { usualArchiveLimits } from './logs/archive/archive.ts';
import { chooseRuntime } from './runtime/choose.ts';
import { createDockerRuntime } from './runtime/docker.ts';
import { createProcessRuntime } from './runtime/process.ts';
import type { Runtime } from './runtime/runtime.ts';

/** What running an agent needs. */
export interface AgentOptions {
  readonly paths: Paths;
  readonly settings: Settings;
  readonly log: Log;
  /** Ends the agent. Servers run on. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

/** An agent in the manager's own process. */
export interface LocalAgent extends Agent {
  /** Resolves when the manager lets go of it: there is no other way back than a new start. */
  readonly severed: Promise<CloseReason>;
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
export async function runLocalAgent(options: AgentOptions, attach: () => Promise<Wire>): Promise<LocalAgent> {
  const agent = await startAgent(options);
  const { closed } = await greet(await attach(), agent.serve, options.log);
  return { ...agent, severed: closed };
}

async function startAgent(options: AgentOptions): Promise<Agent> {
  const { paths, settings, log, signal, clock = systemClock } = options;
  const unlock = await lockFolder(paths.agent, 'agent');
  const dataRoot = settings.get('agent.dataRoot');
  await mkdir(dataRoot, { recursive: true, mode: 0o755 });
  const dataRoots = settings
    .get('agent.dataRoots')
    .split(',')
    .flatMap((root) => root.trim() || []);
  const runtime = await openRuntime(options);
  const logArchive = {
    bytes: parseSize(settings.get('agent.logArchiveSize')) ?? usualArchiveLimits.bytes,
    ageMs: parseSpan(settings.get('agent.logArchiveAge')) ?? Number.POSITIVE_INFINITY,
  };
  const agent = await createAgent({
    ...{ runtime, folder: paths.agent, dataRoot, dataRoots, logArchive, clock, log, signal },
  });
  return { ...agent, ended: agent.ended.then(unlock) };
}

async function openRuntime({ paths, settings, log, clock = systemClock }: AgentOptions): Promise<Runtime> {
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
        clock,
        log,
        processCommand: (template) => commands.get(template),
        packageRoot: packageRoot(),
      });
    },
  });
}
