import { join } from 'node:path';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { DesiredServer } from '../protocol/entities/server.ts';
import { type ArchiveLimits, usualArchiveLimits } from './logs/archive/archive.ts';
import { openLogKeeper } from './logs/follow.ts';
import { createLogHandOver } from './logs/hand-over.ts';
import { createLogTakeOver } from './logs/take-over.ts';
import { answersCommands, takesPassword } from './rcon/answers.ts';
import { createRconSessions } from './rcon/sessions.ts';
import type { Runtime } from './runtime/runtime.ts';
import { openApplied } from './servers/applied.ts';
import { createConsoleWatch } from './servers/console.ts';
import { createEvidenceKeeper } from './servers/evidence.ts';
import { boundPorts } from './servers/game-port.ts';
import { openIntents } from './servers/intents.ts';
import { createLooker } from './servers/looker.ts';
import { createObserver } from './servers/observer.ts';
import type { Registry } from './servers/registry.ts';
import { openStatusKeeper } from './servers/status.ts';
import { worldPresent } from './spec/server-folders.ts';
import type { Placements } from './worlds/placements.ts';

/** What {@link openSight} is made of. */
export interface SightDeps {
  readonly runtime: Runtime;
  readonly registry: Registry;
  readonly placements: Placements;
  /** The agent's own folder. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** How much of each server's log is kept besides what the engine keeps. */
  readonly logArchive?: ArchiveLimits;
}

/** Opens everything by which this host knows how its servers are: containers, console, game port, RCON, and what it wrote down of them. */
export async function openSight(deps: SightDeps) {
  const { runtime, registry, placements, folder, clock, log, signal, logArchive } = deps;
  const observer = createObserver(clock);
  const { intents, flushed: intentsFlushed } = await openIntents(join(folder, 'intents.json'), log);
  const applied = await openApplied(join(folder, 'applied'), log);
  const status = await openStatusKeeper(join(folder, 'status'), log);
  const console = createConsoleWatch({
    observer,
    clock,
    onLearned: (server) => looker.remember(server),
    onClaim: (server, by, time) => evidence.claim(server, by, time),
  });
  const logs = await openLogKeeper({
    folder: join(folder, 'logs'),
    runtime,
    clock,
    log,
    learned: status.flushed,
    archive: logArchive,
    onChunk: (server, chunk) => console.feed(registry.find(server.id) ?? server, chunk),
  });
  const looker = createLooker({
    runtime,
    registry,
    observer,
    logs,
    status,
    intents,
    clock,
    applied,
    worldPresent: (server) => worldPresent(server, placements.rootOf(server)),
    folderOf: placements.folderOf,
  });
  /** The game that runs has the password and the port its container was made with, whatever was edited since. */
  const madeOf = (server: DesiredServer): DesiredServer => applied.madeOf(server, looker.last(server.id));
  const rcon = createRconSessions({
    ...{ observer, containerOf: looker.last, madeOf, runtime, clock, signal },
    onWay: (server, way) => evidence.reached(server, way),
    onLink: (server, state) => evidence.linked(server, state),
  });
  const evidence = createEvidenceKeeper({
    registry,
    observer,
    looker,
    clock,
    log,
    signal,
    ports: (server, container) => boundPorts(madeOf(server), { ...container, kind: runtime.kind }),
    knock: (server) => takesPassword(rcon, server),
    answers: (server) => answersCommands(rcon, server),
    onReady: (server) => {
      looker.remember(server);
      // A game that is ready has a world by now.
      looker.look(server).catch((error) => log.warn({ error }, 'looking at a container failed'));
    },
  });
  return {
    observer,
    intents,
    applied,
    status,
    console,
    logs,
    handOver: createLogHandOver(logs),
    takeOverLog: createLogTakeOver({ logs, bytes: (logArchive ?? usualArchiveLimits).bytes, log }),
    looker,
    evidence,
    rcon,
    /** Resolves when everything is on disk and no log is followed any more. */
    async closed(): Promise<void> {
      await logs.close();
      await status.flushed();
      await intentsFlushed();
    },
  };
}
