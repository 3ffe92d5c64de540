import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { type Crash, type CrashedSpec, mostCrashLines } from '../../protocol/entities/crash.ts';
import type { HostFacts } from '../../protocol/entities/host.ts';
import type { DesiredServer, ObservedServer } from '../../protocol/entities/server.ts';
import { newId } from '../../protocol/id.ts';
import { redacted } from '../../protocol/redact.ts';
import { classifyCrash } from '../../zomboid/console/crash-class.ts';
import type { TellEvent } from '../events/journal.ts';
import type { LogKeeper } from '../logs/follow.ts';
import type { Observer } from '../servers/observer.ts';
import type { Registry } from '../servers/registry.ts';
import type { StatusKeeper } from '../servers/status.ts';
import type { CrashStore } from './crash-store.ts';
import { readLastLines, textOfLine } from './last-lines.ts';

/** What {@link keepCrashes} needs. */
export interface KeepCrashesOptions {
  readonly store: CrashStore;
  readonly registry: Registry;
  readonly observer: Observer;
  readonly logs: LogKeeper;
  readonly status: StatusKeeper;
  readonly facts: () => HostFacts;
  readonly tell: TellEvent;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Crashes as they are kept. */
export interface CrashKeeper {
  /** Resolves when what is known to have crashed is on disk and told. */
  settled(serverId: string): Promise<void>;
}

type Exit = NonNullable<ObservedServer['lastExit']>;
type Container = NonNullable<ObservedServer['container']>;

const limits = { lines: mostCrashLines, bytes: 1024 * 1024 };
const longestLine = 2_000;

/**
 * Keeps evidence of every exit that nobody meant: what it was, the last lines, what the server was. Whether an exit is a
 * crash was decided before, by exit code and intent; the lines only say what kind.
 */
export function keepCrashes(options: KeepCrashesOptions): CrashKeeper {
  const { store, registry, observer, log, signal } = options;
  const handled = new Map<string, string>();
  const underWay = new Map<string, Promise<void>>();

  const note = (server: DesiredServer, exit: Exit, { id, class: kind, reason }: Crash): void => {
    if (observer.find(server.id)?.lastExit?.at !== exit.at) return;
    observer.note(server, { lastExit: { ...exit, crash: { id, class: kind, reason } } });
  };

  const keep = async (server: DesiredServer, exit: Exit, container: Container): Promise<void> => {
    const known = (await store.of(server.id)).find(({ at }) => at === exit.at);
    const crash = known ?? (await examine(options, server, exit, container));
    if (crash) note(server, exit, crash);
  };

  const weigh = (known: ObservedServer): void => {
    const { id, lastExit, container } = known;
    const server = registry.find(id);
    if (!server || !container || lastExit?.expected !== false || handled.get(id) === lastExit.at) return;
    handled.set(id, lastExit.at);
    const kept = (underWay.get(id) ?? Promise.resolve())
      .then(() => keep(server, lastExit, container))
      .catch((error: unknown) => {
        if (signal.aborted) return;
        const cause = error instanceof Error ? error : undefined;
        log.error({ server: server.name, error: cause }, 'the evidence of a crash could not be kept');
      })
      .finally(() => {
        if (underWay.get(id) === kept) underWay.delete(id);
      });
    underWay.set(id, kept);
  };

  const unsubscribe = observer.subscribe(weigh);
  for (const known of observer.all()) weigh(known);
  signal.addEventListener('abort', unsubscribe, { once: true });
  return { settled: async (serverId) => underWay.get(serverId) };
}

async function examine(
  { store, logs, status, facts, tell, clock, signal }: KeepCrashesOptions,
  server: DesiredServer,
  exit: Exit,
  container: Container,
): Promise<Crash | undefined> {
  await status.flushed();
  const run = await status.load(server.id);
  const isOfThisRun = run?.containerId === container.id && run.startedAt === container.startedAt;
  const learned = isOfThisRun ? { readyAt: run.readyAt, gameVersion: run.gameVersion } : {};
  const ended = { startedAt: container.startedAt, endedAt: exit.at };
  const lines = await readLastLines(server, ended, limits, { logs, clock, signal });
  // An agent that ends may have read too little; the next one looks again.
  if (signal.aborted) return undefined;
  const verdict = classifyCrash({
    exitCode: exit.exitCode,
    oomKilled: exit.oomKilled,
    wasReady: learned.readyAt !== undefined,
    lines: lines.map(textOfLine),
  });
  const crash: Crash = {
    id: newId(clock.now()),
    serverId: server.id,
    server: server.name,
    at: exit.at,
    startedAt: container.startedAt,
    readyAt: learned.readyAt,
    exitCode: exit.exitCode,
    oomKilled: exit.oomKilled,
    class: verdict.class,
    reason: verdict.reason,
    hint: verdict.hint,
    line: verdict.line?.slice(0, longestLine),
    gameVersion: learned.gameVersion,
    image: container.image,
  };
  await store.add({ crash, spec: specOf(server), facts: facts(), lines: [...lines] });
  const code = exit.exitCode === undefined ? '' : ` (exit code ${exit.exitCode})`;
  const text = `${server.name} crashed: ${verdict.reason}${code}; zedops crashes show ${crash.id}`;
  tell({ kind: 'crashed', serverId: server.id, text, crashId: crash.id });
  return crash;
}

function specOf({ revision, image, game, limits: limited, env, secretKeys }: DesiredServer): CrashedSpec {
  return {
    revision,
    template: image.template,
    image: image.reference,
    worldName: game.worldName,
    ports: [...game.ports],
    limits: limited,
    env: Object.fromEntries(
      Object.entries(env).map(([key, value]) => [key, secretKeys.includes(key) ? redacted : value]),
    ),
  };
}
