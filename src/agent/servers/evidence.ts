import { type Clock, isoTime, pause } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { RconLink, RconWay } from '../../protocol/entities/rcon-link.ts';
import type { DesiredServer, ServerEvidence } from '../../protocol/entities/server.ts';
import type { RuntimeContainer } from '../runtime/runtime.ts';
import type { BoundPorts } from './game-port.ts';
import type { Looker } from './looker.ts';
import type { Observer } from './observer.ts';
import type { Registry } from './registry.ts';

/** Gathers what speaks for a game taking players. The only one that says a server is ready. */
export interface EvidenceKeeper {
  /**
   * Takes the log's word, or the open console's, that players can come in since `time` (RFC 3339). The server is ready
   * then, unless its game port is known not to be bound: in that case as soon as it is.
   */
  claim(server: DesiredServer, by: 'marker' | 'console', time: string): void;
  /** Asks a game that has not said that it is ready whether it answers commands, which it does only then. */
  ask(server: DesiredServer): Promise<void>;
  /** Looks at the game's ports, and knocks at its console. */
  probe(server: DesiredServer): Promise<void>;
  /** Takes note of how the console of a game that runs was reached; undefined where it is not reached that way any more. */
  reached(server: DesiredServer, way: RconWay | undefined): void;
  /** Takes note of how the session with that console is; undefined where nobody is connected and nobody wants to be. */
  linked(server: DesiredServer, state: RconLink['state'] | undefined): void;
}

/** What {@link createEvidenceKeeper} is made of. */
export interface EvidenceOptions {
  readonly registry: Pick<Registry, 'all'>;
  readonly observer: Observer;
  readonly looker: Pick<Looker, 'last'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends all looking. */
  readonly signal: AbortSignal;
  /** Which of the game's ports are bound. Only that of the game itself decides. */
  readonly ports: (server: DesiredServer, container: RuntimeContainer) => Promise<BoundPorts>;
  /** Whether the remote console takes the password; undefined where the game has none. */
  readonly knock: (server: DesiredServer, container: RuntimeContainer) => Promise<boolean | undefined>;
  /** Whether the game answers commands. */
  readonly answers: (server: DesiredServer, container: RuntimeContainer) => Promise<boolean>;
  /** Told when a server has become ready. */
  readonly onReady: (server: DesiredServer) => void;
}

/** Somebody's word that players can come in. */
interface Claim {
  /** When it was said (RFC 3339); undefined for just now, of the very game that runs. */
  readonly time: string | undefined;
  readonly by: 'marker' | 'console';
}

const roundMs = 60_000;
/** Games write a line for each visitor at their console, so that it is knocked at less often than ports are looked at. */
const knockEveryMs = 300_000;
const settleMs = 1_000;
/** How often a container is looked for whose output is here before itself. */
const mostWaits = 5;
const probedAtOnce = 4;

/** Makes the keeper of evidence of a host, which looks at all that runs once a minute until its signal aborts. */
export function createEvidenceKeeper(options: EvidenceOptions): EvidenceKeeper {
  const { registry, observer, looker, clock, log, signal, ports, knock, answers, onReady } = options;
  /** Servers of which it is being settled whether they are ready, each with the newest claim that came meanwhile. */
  const settling = new Map<string, Claim | undefined>();
  const knockedAt = new Map<string, number>();
  const unboundBefore = new Set<string>();

  const note = (server: DesiredServer, news: Partial<ServerEvidence>): void => {
    const known = observer.find(server.id)?.evidence;
    observer.note(server, { evidence: { ...known, ...news, container: true, at: isoTime(clock.now()) } });
  };
  const up = (serverId: string): RuntimeContainer | undefined => {
    const container = looker.last(serverId);
    return container?.status === 'running' || container?.status === 'paused' ? container : undefined;
  };
  const isSameRun = (serverId: string, { id, startedAt }: RuntimeContainer): boolean => {
    const now = up(serverId);
    return now?.id === id && now.startedAt === startedAt;
  };
  const becomeReady = (server: DesiredServer, readyAt: string): void => {
    observer.note(server, { readyAt, phase: undefined });
    onReady(server);
  };

  /** Waits for as long as the game runs and its port is known not to be bound, and calls it ready then. */
  const settle = async (server: DesiredServer, { time, by }: Claim): Promise<void> => {
    let container = up(server.id);
    for (let waits = 0; !container && waits < mostWaits; waits += 1) {
      await pause(clock, settleMs, signal);
      container = up(server.id);
    }
    if (!container || isOfEarlierRun(time, container)) return;
    const { startedAt } = container;
    if (by === 'marker') note(server, { marker: true });
    for (let hasWaited = time === undefined; !signal.aborted; hasWaited = true) {
      const bound = await ports(server, container);
      if (!isSameRun(server.id, container)) return;
      note(server, bound);
      if (bound.gamePort !== false) {
        const at = hasWaited || time === undefined ? clock.now() : Date.parse(time);
        // Where the clock was set back since the start, the start is the earliest that fits.
        becomeReady(server, isoTime(Math.max(at, startedAt === undefined ? at : Math.ceil(Date.parse(startedAt)))));
        return;
      }
      if (observer.find(server.id)?.phase !== waitingForPort) observer.note(server, { phase: waitingForPort });
      await pause(clock, settleMs, signal);
      if (!isSameRun(server.id, container)) return;
    }
  };
  const beginSettling = (server: DesiredServer, claim: Claim): void => {
    if (settling.has(server.id)) {
      // What is being settled may be the claim of an earlier run, whose output is read together with this one's.
      if (claim.time !== undefined) settling.set(server.id, claim);
      const container = up(server.id);
      if (claim.by === 'marker' && container && !isOfEarlierRun(claim.time, container)) note(server, { marker: true });
      return;
    }
    settling.set(server.id, undefined);
    settle(server, claim)
      .catch((error: unknown) => log.warn({ server: server.name, error: asError(error) }, 'a game could not be probed'))
      .finally(() => {
        const next = settling.get(server.id);
        settling.delete(server.id);
        if (next && !signal.aborted && observer.find(server.id)?.readyAt === undefined) beginSettling(server, next);
      });
  };

  const probe = async (server: DesiredServer, withConsole: boolean): Promise<void> => {
    const container = up(server.id);
    if (!container) return;
    // A paused game answers nothing, which says nothing about it.
    const isKnocking = withConsole && container.status === 'running';
    if (isKnocking) knockedAt.set(server.id, clock.steady());
    const [bound, takesPassword] = await Promise.all([
      ports(server, container),
      isKnocking ? knock(server, container) : undefined,
    ]);
    if (!isSameRun(server.id, container)) return;
    note(server, { ...bound, ...(isKnocking ? { rcon: takesPassword } : {}) });
    closeWhere(server, bound.gamePort === false);
  };

  /** A ready game whose port is twice found not bound takes no players any more. */
  const closeWhere = (server: DesiredServer, isUnbound: boolean): void => {
    const isReady = observer.find(server.id)?.readyAt !== undefined;
    if (!isUnbound || !isReady) {
      unboundBefore.delete(server.id);
    } else if (unboundBefore.delete(server.id)) {
      log.warn({ server: server.name }, 'the game runs, but its port is not bound any more');
      observer.note(server, { readyAt: undefined, phase: waitingForPort });
      beginSettling(server, { time: undefined, by: 'console' });
    } else {
      unboundBefore.add(server.id);
    }
  };

  const ask = async (server: DesiredServer): Promise<void> => {
    const container = up(server.id);
    if (!container || container.status === 'paused' || settling.has(server.id)) return;
    const isAnswered = await answers(server, container);
    const known = observer.find(server.id);
    if (!isAnswered || known?.readyAt !== undefined || !isSameRun(server.id, container)) return;
    // Asked just now, it speaks for this very run, whatever the clock was set to since that began.
    beginSettling(server, { time: undefined, by: 'console' });
  };

  const round = async (): Promise<void> => {
    const servers = registry.all().filter(({ id }) => up(id) !== undefined);
    for (let at = 0; at < servers.length && !signal.aborted; at += probedAtOnce) {
      await Promise.all(
        servers.slice(at, at + probedAtOnce).map(async (server) => {
          const isReady = observer.find(server.id)?.readyAt !== undefined;
          await probe(
            server,
            isReady && clock.steady() - (knockedAt.get(server.id) ?? Number.NEGATIVE_INFINITY) >= knockEveryMs,
          );
          // Whoever waits for a start asks by itself.
          if (!isReady && observer.find(server.id)?.lock === undefined) await ask(server);
        }),
      );
    }
  };
  let isAtIt = false;
  const stop = clock.every(roundMs, () => {
    if (isAtIt) return;
    isAtIt = true;
    round()
      .catch((error: unknown) => log.warn({ error: asError(error) }, 'games could not be probed'))
      .finally(() => {
        isAtIt = false;
      });
  });
  signal.addEventListener('abort', stop, { once: true });

  return {
    claim(server, by, time) {
      // The console opens after the marker: of a game that is ready it says nothing new.
      if (by === 'console' && observer.find(server.id)?.readyAt !== undefined) return;
      beginSettling(server, { time, by });
    },
    ask,
    probe: (server) => probe(server, true),
    reached(server, way) {
      if (up(server.id)) note(server, { rconWay: way });
    },
    linked(server, state) {
      const known = observer.find(server.id)?.evidence?.rconLink;
      if (!up(server.id) || known?.state === state) return;
      note(server, { rconLink: state && { state, since: isoTime(clock.now()) } });
    },
  };
}

const waitingForPort = 'waiting for its game port';

/** Output of an earlier run, read late, says nothing of this one. */
function isOfEarlierRun(time: string | undefined, { startedAt }: RuntimeContainer): boolean {
  return time !== undefined && startedAt !== undefined && Date.parse(time) < Date.parse(startedAt);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
