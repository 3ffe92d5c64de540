import type { Clock } from '../../platform/clock.ts';
import type { RconLink, RconWay } from '../../protocol/entities/rcon-link.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Runtime, RuntimeContainer } from '../runtime/runtime.ts';
import type { Observer } from '../servers/observer.ts';
import { createRconSession, type RconAnswer, type RconOptions, type RconSession } from './session.ts';
import { rconTarget } from './target.ts';
import { createRconWays } from './ways.ts';

/** The remote consoles of this host's games: one connection each, shared by all who ask. */
export interface RconSessions {
  /**
   * Has a running game carry out one command and resolves with its whole answer. It is never sent twice, unless it only
   * tells something (`players`, `help`, `showoptions`); `quit` is answered when the game hangs up, too.
   * @throws ZedopsError CONFLICT when the game does not run or too many commands wait, UNSUPPORTED when it has no RCON,
   * FORBIDDEN for a wrong password, UNREACHABLE when it cannot be asked or the connection broke before its answer,
   * TIMEOUT when it does not answer, INVALID_INPUT for a line it cannot read.
   */
  command(server: DesiredServer, line: string, options?: RconOptions): Promise<RconAnswer>;
  /** Resolves when the game has taken the password, and asks it nothing. @throws ZedopsError as `command` does. */
  ready(server: DesiredServer, options?: RconOptions): Promise<void>;
}

/** What {@link createRconSessions} is made of. */
export interface RconSessionsDeps {
  readonly observer: Pick<Observer, 'subscribe'>;
  /** A server's container as it was last seen. */
  readonly containerOf: (serverId: string) => RuntimeContainer | undefined;
  /** The server with the settings that its running game was made with. */
  readonly madeOf: (server: DesiredServer) => DesiredServer;
  readonly runtime: Pick<Runtime, 'kind' | 'pipe'>;
  /** Told how a game's console is reached; undefined where it is not any more. */
  readonly onWay: (server: DesiredServer, way: RconWay | undefined) => void;
  /** Told how the session with a game's console is; undefined while there is no connection that anybody asks for. */
  readonly onLink: (server: DesiredServer, state: RconLink['state'] | undefined) => void;
  readonly clock: Clock;
  /** When it aborts, sessions end as soon as nobody asks anything: a stop under way still has its game saved. */
  readonly signal: AbortSignal;
}

/** The game reads a packet without checking its size. */
const mostLineBytes = 4_096;

/** Opens nothing yet: a session begins when someone asks and ends with the game's run, or when nobody asks any more. */
export function createRconSessions(deps: RconSessionsDeps): RconSessions {
  const { observer, containerOf, madeOf, runtime, onWay, onLink, clock, signal } = deps;
  const sessions = new Map<string, { readonly run: string; readonly name: string; readonly session: RconSession }>();

  /** What worked outlives a session that nobody uses for a while. */
  const waysKnown = new Map<string, { readonly run: string; readonly way: RconWay }>();

  const end = (serverId: string, error: ZedopsError): void => {
    const known = sessions.get(serverId);
    sessions.delete(serverId);
    known?.session.close(error);
  };

  const sessionOf = (server: DesiredServer): RconSession => {
    const { id, name } = server;
    const container = containerOf(id);
    if (container?.status !== 'running') throw notRunning(name, container);
    const made = madeOf(server);
    const target = rconTarget(made);
    if (!target) throw noRcon(name);
    const run = runOf(container);
    const known = sessions.get(id);
    if (known?.run === run) return known.session;
    end(id, runEnded(name));
    const ways = createRconWays({
      ...{ runtime, clock, container, port: target.port },
      known: waysKnown.get(id)?.run === run ? waysKnown.get(id)?.way : undefined,
      onWay(way) {
        if (way === undefined) waysKnown.delete(id);
        else waysKnown.set(id, { run, way });
        onWay(server, way);
      },
    });
    const session = createRconSession({
      name,
      password: target.password,
      dial: ways.dial,
      clock,
      onLink(state) {
        // The last words of a session that was ended say nothing about the next one.
        if (sessions.get(id)?.session === session) onLink(server, state);
      },
      onIdle() {
        if (sessions.get(id)?.session !== session) return;
        onLink(server, undefined);
        end(id, runEnded(name));
      },
    });
    sessions.set(id, { run, name, session });
    if (signal.aborted) session.rest();
    return session;
  };

  const unsubscribe = observer.subscribe(({ id, container }) => {
    const known = sessions.get(id);
    // One that is paused comes back as it was, its connection with it.
    const isUp = container?.status === 'running' || container?.status === 'paused';
    if (known && !(container && isUp && runOf(container) === known.run)) end(id, runEnded(known.name));
    if (!isUp) waysKnown.delete(id);
  });
  signal.addEventListener(
    'abort',
    () => {
      unsubscribe();
      for (const { session } of sessions.values()) session.rest();
    },
    { once: true },
  );

  return {
    async command(server, line, options = {}) {
      refuseUnreadable(line);
      return sessionOf(server).command(line, options);
    },
    ready: async (server, options = {}) => sessionOf(server).ready(options),
  };
}

/** A container that was started anew is another game, also under its old id. */
function runOf({ id, startedAt }: Pick<RuntimeContainer, 'id' | 'startedAt'>): string {
  return `${id} ${startedAt ?? ''}`;
}

function refuseUnreadable(line: string): void {
  if (line.trim() === '') throw new ZedopsError('INVALID_INPUT', 'An RCON command needs a name');
  if (/[\u0000-\u001f\u007f]/.test(line)) {
    throw new ZedopsError('INVALID_INPUT', 'An RCON command is one line without control characters');
  }
  if (Buffer.byteLength(line) > mostLineBytes) {
    throw new ZedopsError('INVALID_INPUT', `An RCON command has ${mostLineBytes} bytes at most`);
  }
}

function notRunning(name: string, container: RuntimeContainer | undefined): ZedopsError {
  if (container?.status === 'paused') {
    return new ZedopsError('CONFLICT', `${name} is paused, and answers nothing`, { hint: 'unpause its container' });
  }
  return new ZedopsError('CONFLICT', `${name} is not running`, { hint: `zedops server start ${name}` });
}

function noRcon(name: string): ZedopsError {
  return new ZedopsError('UNSUPPORTED', `${name} has no RCON, or no password for it`, {
    hint: `set an RCON password in its env: zedops server set ${name}`,
  });
}

function runEnded(name: string): ZedopsError {
  return new ZedopsError('CONFLICT', `${name} has stopped, or was started anew; nothing was sent`, {
    hint: `zedops server show ${name}`,
  });
}
