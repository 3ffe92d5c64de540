import { joinManager } from '../../src/agent/link/identity.ts';
import { keepLinked } from '../../src/agent/link/link.ts';
import { isoTime, systemClock } from '../../src/platform/clock.ts';
import { silentLog } from '../../src/platform/log.ts';
import { programVersion } from '../../src/platform/program-version.ts';
import type { HostFacts } from '../../src/protocol/entities/host.ts';
import type { DesiredServer, ObservedServer } from '../../src/protocol/entities/server.ts';
import { ZedopsError } from '../../src/protocol/errors.ts';
import { Forwarded } from '../../src/protocol/forward.ts';
import { agentJobs, agentLogs, agentPing, agentWatch } from '../../src/protocol/operations/agent.ts';
import { agentEvents } from '../../src/protocol/operations/event.ts';
import { operations } from '../../src/protocol/operations/index.ts';
import { hostPreflight } from '../../src/protocol/operations/plan.ts';
import { hostPorts } from '../../src/protocol/operations/port.ts';
import { serverCreate } from '../../src/protocol/operations/server.ts';
import { systemHello, systemPing } from '../../src/protocol/operations/system.ts';
import type { Incoming, Peer } from '../../src/protocol/peer.ts';
import { protocolVersion } from '../../src/protocol/version.ts';

/** How an agent is played. */
export interface FakeAgentOptions {
  readonly url: string;
  readonly code: string;
  /** Where its identity is kept. */
  readonly folder: string;
  /** Gives a server's log to the manager; without it there is none. Resolves at the end of the stream. */
  readonly giveLog?: (incoming: Incoming) => Promise<unknown>;
  /** Told each time a manager that begins to mirror it has been told everything. */
  readonly onMirrored?: () => void;
}

/**
 * Joins as a host, connects as a real agent does, again and again, and answers what a manager asks an agent that has
 * nothing but the servers it was told to create. Like a real one, it tells news of each once a minute. Resolves when the
 * manager mirrors it.
 */
export async function playAgent(options: FakeAgentOptions): Promise<void> {
  const { url, code, folder, giveLog, onMirrored } = options;
  const identity = await joinManager(folder, url, code);
  const mirrored = Promise.withResolvers<void>();
  const servers = new Map<string, ObservedServer>();
  const watchers = new Set<Incoming>();

  const observe = (observed: ObservedServer): void => {
    servers.set(observed.id, observed);
    for (const watcher of watchers) watcher.progress({ kind: 'server', server: observed });
  };
  const lookAround = (): void => {
    const at = isoTime(Date.now());
    for (const server of servers.values()) observe({ ...server, at, evidence: { ...evidence, at } });
  };
  // Real agents were not all started in the same second.
  setTimeout(() => setInterval(lookAround, roundMs), Math.random() * roundMs);

  const serve = async (incoming: Incoming, peer: Peer): Promise<unknown> => {
    switch (incoming.subject) {
      case systemHello.subject:
        return hello();
      case systemPing.subject:
        return { clock: isoTime(Date.now()) };
      case agentPing.subject: {
        const begun = performance.now();
        await peer.request(systemPing, {});
        return { roundTripMs: performance.now() - begun };
      }
      case agentEvents.subject:
        await untilAborted(incoming.signal);
        return {};
      case agentWatch.subject: {
        for (const server of agentWatch.request.parse(incoming.data).desired) {
          if (servers.get(server.id)?.revision !== server.revision) servers.set(server.id, runningServer(server));
        }
        incoming.progress({ kind: 'snapshot', facts: facts(folder), servers: [...servers.values()] });
        watchers.add(incoming);
        mirrored.resolve();
        onMirrored?.();
        await untilAborted(incoming.signal);
        watchers.delete(incoming);
        return {};
      }
      case hostPreflight.subject:
        return {
          taken: [],
          disk: { path: '/srv', freeBytes: 2 ** 40, totalBytes: 2 ** 40 },
          image: { isPresent: true },
          folder: { path: '/srv/played', state: 'absent', hasWorld: false },
        };
      case hostPorts.subject:
        return { taken: [] };
      case serverCreate.subject: {
        const { server } = Forwarded.parse(incoming.data);
        if (!server) throw new ZedopsError('INVALID_INPUT', 'No server was named');
        observe(runningServer(server));
        return { id: server.id, name: server.name, state: 'ready', readyAt: isoTime(Date.now()) };
      }
      case agentJobs.subject:
        return { jobs: [] };
      case agentLogs.subject:
        if (giveLog) return giveLog(incoming);
        break;
    }
    throw new ZedopsError('UNSUPPORTED', `A played agent does not answer ${incoming.subject}`);
  };
  const { signal } = new AbortController();
  keepLinked({ folder, identity, serve, clock: systemClock, log: silentLog, signal }).catch(mirrored.reject);
  return mirrored.promise;
}

/** How often a real agent gathers evidence of each server that runs. */
const roundMs = 60_000;
const evidence = { container: true, marker: true, gamePort: true, rcon: true } as const;

function hello(): unknown {
  const subjects = operations.filter(({ runsOn }) => runsOn === 'agent').map(({ subject }) => subject);
  return { protocol: protocolVersion, version: programVersion, subjects };
}

function runningServer({ id, name, revision, image, game }: DesiredServer): ObservedServer {
  const at = isoTime(Date.now());
  const ports = game.ports.map(({ port, protocol }) => ({ port, protocol }));
  const container = { id: `container-${id}`, name, image: image.reference, startedAt: at, ports };
  return {
    id,
    name,
    at,
    revision,
    container: { ...container, status: 'running' },
    data: 'present',
    readyAt: at,
    evidence: { ...evidence, at },
  };
}

function facts(dataRoot: string): HostFacts {
  return {
    hostname: 'played',
    platform: 'linux',
    kernel: 'played',
    cpus: 2,
    memoryBytes: 4 * 1024 ** 3,
    agentVersion: programVersion,
    nodeVersion: process.version,
    dataRoot,
    runtime: { kind: 'process', version: programVersion },
    clock: isoTime(Date.now()),
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
