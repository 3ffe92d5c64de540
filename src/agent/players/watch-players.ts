import { join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { hidePrintedSecrets } from '../../zomboid/console/secret-lines.ts';
import type { GameLogType } from '../../zomboid/game-log/log-file-name.ts';
import type { GameLogLine } from '../../zomboid/game-log/log-line.ts';
import type { LogZone } from '../../zomboid/game-log/log-time.ts';
import { zoneOfServer } from '../game-logs/server-zone.ts';
import type { ConsoleWatch } from '../servers/console.ts';
import type { Registry } from '../servers/registry.ts';
import { createConsoleArrivals } from './console-arrivals.ts';
import { openKeptFiles } from './kept.ts';
import { openServerPlayers, type ServerPlayers, type ServerPlayersDeps } from './server-players.ts';

/** A line of a file in a server's `Logs/`, for whoever reads along. */
export interface GameLogNews {
  readonly server: DesiredServer;
  readonly type: GameLogType;
  readonly fileName: string;
  /** As the game wrote it, with the secrets it prints by itself hidden; controls are still in it. */
  readonly line: string;
  readonly parsed: GameLogLine;
  /** Milliseconds since 1970; undefined for a line without a time. */
  readonly atMs: number | undefined;
}

/** Knows who plays on the servers of this host, and reads their `Logs/` for it: the only one that does. */
export interface PlayerWatch {
  /**
   * Calls `listener` with each line that is read, until the returned function is called. After an agent was killed, the
   * lines of the last seconds come once more.
   */
  onLine(listener: (news: GameLogNews) => void): () => void;
  /** The clock by which a server writes its files, as far as it is known. */
  zoneOf(server: DesiredServer): Promise<LogZone>;
  /** Begins to read: once it is known what there is. */
  begin(): void;
  /** Forgets a server that is no more. */
  forget(serverId: string): Promise<void>;
  /** Resolves when everything is on disk and told, after the signal has aborted. */
  flushed(): Promise<void>;
}

/** What {@link openPlayerWatch} is made of. */
export interface PlayerWatchOptions
  extends Pick<ServerPlayersDeps, 'observer' | 'journal' | 'folderOf' | 'ask' | 'clock' | 'log'> {
  readonly registry: Pick<Registry, 'find' | 'all'>;
  readonly console: Pick<ConsoleWatch, 'onArrival'>;
  /** The agent's own folder. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends all reading. */
  readonly signal: AbortSignal;
}

const everyMs = 1_000;

interface Watched {
  readonly opened: Promise<ServerPlayers>;
  underWay: Promise<void> | undefined;
  hasFailed: boolean;
}

/** Opens the watch over the players of a host. */
export async function openPlayerWatch(options: PlayerWatchOptions): Promise<PlayerWatch> {
  const { registry, console, folder, signal, ...deps } = options;
  const { observer, clock, log } = deps;
  const files = await openKeptFiles(join(folder, 'players'), log);
  const listeners = new Set<(news: GameLogNews) => void>();
  const watched = new Map<string, Watched>();
  const arrivals = createConsoleArrivals();
  const unhear = console.onArrival(({ server, ...heard }) => arrivals.add(server.id, heard));
  signal.addEventListener('abort', unhear, { once: true });

  const open = (id: string): Promise<ServerPlayers> =>
    openServerPlayers(id, {
      ...deps,
      files,
      arrivals,
      find: registry.find,
      onLine(server, { type, fileName, line, parsed }, atMs) {
        if (listeners.size === 0) return;
        const news = { server, type, fileName, line: hidePrintedSecrets(line), parsed, atMs };
        for (const listener of [...listeners]) listener(news);
      },
    });

  const turn = async (id: string, one: Watched): Promise<void> => {
    try {
      await (await one.opened).turn();
      one.hasFailed = false;
    } catch (error) {
      // Said once, and not every second.
      if (!one.hasFailed) log.warn({ server: id, error: asError(error) }, 'the players of a server cannot be followed');
      one.hasFailed = true;
    }
  };
  const look = (id: string): void => {
    if (signal.aborted || !registry.find(id)) return;
    const one: Watched = watched.get(id) ?? { opened: open(id), underWay: undefined, hasFailed: false };
    watched.set(id, one);
    one.underWay ??= turn(id, one).finally(() => {
      one.underWay = undefined;
    });
  };

  return {
    onLine(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async zoneOf({ id, env }) {
      const one = watched.get(id);
      if (one) return (await one.opened).zone();
      return zoneOfServer(env, (await files.load(id))?.offsetMs, clock.now());
    },
    begin() {
      if (signal.aborted) return;
      const stop = clock.every(everyMs, () => {
        for (const { id } of registry.all()) look(id);
      });
      const unsubscribe = observer.subscribe(({ id }) => look(id));
      for (const { id } of registry.all()) look(id);
      signal.addEventListener(
        'abort',
        () => {
          stop();
          unsubscribe();
        },
        { once: true },
      );
    },
    async forget(id) {
      const one = watched.get(id);
      watched.delete(id);
      arrivals.forget(id);
      await one?.underWay;
      await files.forget(id);
    },
    async flushed() {
      for (const [id, one] of watched) {
        await one.underWay;
        try {
          await (await one.opened).flushed();
        } catch (error) {
          log.error({ server: id, error: asError(error) }, 'what is known of players could not be written');
        }
      }
    },
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
