import type { Clock } from '../../platform/clock.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { type ConsoleEvent, readConsoleEvent } from '../../zomboid/console/console-events.ts';
import { parseConsoleLine } from '../../zomboid/console/console-line.ts';
import { type ConsoleArrival, mayNameArrivals, readConsoleArrival } from '../../zomboid/console/console-players.ts';
import type { LogChunk } from '../runtime/runtime.ts';
import type { Observer } from './observer.ts';

/** Why a game said it could not go on. */
export interface FatalLine {
  readonly message: string;
  readonly hint: string;
}

/** Reads what servers print for what it says about them: version, phase, readiness, saves, and why one failed. */
export interface ConsoleWatch {
  /** Takes lines that were just read from a server's container. */
  feed(server: DesiredServer, chunk: LogChunk): void;
  /** Calls `listener` at each line that says a save has ended, until the returned function is called. */
  onSaved(serverId: string, listener: () => void): () => void;
  /** Calls `listener` with whoever a console says came or went, until the returned function is called. */
  onArrival(listener: (news: ArrivalNews) => void): () => void;
  /** When a server last printed anything, in milliseconds since 1970; undefined before its first line. */
  lastHeard(serverId: string): number | undefined;
  /** The last line that said why the game cannot go on, since the container was started. */
  lastFatal(serverId: string): FatalLine | undefined;
  /** Forgets a fatal line, because the server is started anew. */
  forgetFatal(serverId: string): void;
}

/** Somebody of whom a console said that they came or went. */
export interface ArrivalNews {
  readonly server: DesiredServer;
  /** When it was printed, in milliseconds since 1970 by the engine's clock. */
  readonly atMs: number;
  readonly arrival: ConsoleArrival;
}

/** What {@link createConsoleWatch} is made of. */
export interface ConsoleWatchOptions {
  readonly observer: Observer;
  readonly clock: Clock;
  /** Told when a game has said its version, so that it survives a restart of the agent. */
  readonly onLearned: (server: DesiredServer) => void;
  /** Told when a line, printed at `time` (RFC 3339), says that players can come in. */
  readonly onClaim: (server: DesiredServer, by: 'marker' | 'console', time: string) => void;
}

const readyMarker = '*** SERVER STARTED';

/** Makes the watch over all consoles of a host. */
export function createConsoleWatch({ observer, clock, onLearned, onClaim }: ConsoleWatchOptions): ConsoleWatch {
  const heard = new Map<string, number>();
  const fatal = new Map<string, FatalLine>();
  const saveListeners = new Map<string, Set<() => void>>();
  const arrivalListeners = new Set<(news: ArrivalNews) => void>();

  const take = (server: DesiredServer, time: string, event: ConsoleEvent): void => {
    switch (event.kind) {
      case 'version':
        observer.note(server, { gameVersion: event.version });
        onLearned(server);
        break;
      case 'phase':
        if (observer.find(server.id)?.readyAt === undefined) observer.note(server, { phase: shownPhase(event) });
        break;
      case 'rcon':
        // Some builds do not print the marker of readiness; the console opens just after it.
        onClaim(server, 'console', time);
        break;
      case 'ready':
        onClaim(server, 'marker', time);
        break;
      case 'saved':
        for (const listener of saveListeners.get(server.id) ?? []) listener();
        break;
      case 'shutdown':
        if (event.step === 'started') observer.note(server, { readyAt: undefined, phase: 'shutting down' });
        break;
      case 'failure':
        if (event.fatal) fatal.set(server.id, { message: event.message, hint: event.hint });
        break;
      default:
        break;
    }
  };

  return {
    feed(server, chunk) {
      heard.set(server.id, clock.steady());
      // A ready server prints thousands of lines that say nothing here; they are not taken apart for it.
      const isQuiet = observer.find(server.id)?.readyAt !== undefined && !saveListeners.has(server.id);
      const hasArrivals = arrivalListeners.size > 0 && mayNameArrivals(chunk.text);
      const isWanted = !isQuiet || chunk.text.includes(readyMarker) || chunk.text.includes('Shutdown handling');
      if (!isWanted && !hasArrivals) return;
      for (const line of chunk.text.split('\n')) {
        const space = line.indexOf(' ');
        const parsed = parseConsoleLine(line.slice(space + 3));
        const event = isWanted ? readConsoleEvent(parsed) : undefined;
        if (event) take(server, line.slice(0, space), event);
        const arrival = hasArrivals ? readConsoleArrival(parsed) : undefined;
        const atMs = arrival && Date.parse(line.slice(0, space));
        if (!arrival || atMs === undefined || Number.isNaN(atMs)) continue;
        for (const listener of [...arrivalListeners]) listener({ server, atMs, arrival });
      }
    },
    onSaved(serverId, listener) {
      const listeners = saveListeners.get(serverId) ?? new Set();
      saveListeners.set(serverId, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) saveListeners.delete(serverId);
      };
    },
    onArrival(listener) {
      arrivalListeners.add(listener);
      return () => arrivalListeners.delete(listener);
    },
    lastHeard: (serverId) => heard.get(serverId),
    lastFatal: (serverId) => fatal.get(serverId),
    forgetFatal: (serverId) => void fatal.delete(serverId),
  };
}

function shownPhase({ phase, percent }: Extract<ConsoleEvent, { kind: 'phase' }>): string {
  return percent === undefined ? phase : `${phase} ${Math.round(percent)} %`;
}
