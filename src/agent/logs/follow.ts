import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder } from '../../platform/atomic-file.ts';
import { type Clock, pause } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { LogChunk, Runtime } from '../runtime/runtime.ts';
import { createSecretMask, type MaskSecrets } from './mask.ts';
import { openNumbering } from './numbering.ts';
import { createServerLog, type ServerLog } from './server-log.ts';

/** The logs of all servers of a host, and the reading that fills them. */
export interface LogKeeper {
  /** The log of a server, opened when it is first asked for. */
  of(server: DesiredServer): Promise<ServerLog>;
  /**
   * Reads a container's output from where reading last stopped until the container exits; while that is under way, once
   * more after it. Every chunk goes to `onChunk` too.
   */
  follow(server: DesiredServer, containerId: string): void;
  /** Resolves when the output that was there at the call has been read. */
  caughtUp(serverId: string): Promise<void>;
  /** Forgets the numbering of a server that is no more. */
  forget(serverId: string): Promise<void>;
  /** Stops reading and writes the numbering to disk. */
  close(): Promise<void>;
}

/** What a {@link LogKeeper} is made of. */
export interface LogKeeperOptions {
  readonly folder: string;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChunk: (server: DesiredServer, chunk: LogChunk) => void;
  /** Resolves when what was learned from the lines so far is on disk: they may not be read again after that. */
  readonly learned: () => Promise<void>;
}

const saveEveryMs = 2_000;
const retryMs = 1_000;

/** Opens the logs kept in `folder`. */
export async function openLogKeeper({
  folder,
  runtime,
  clock,
  log,
  onChunk,
  learned,
}: LogKeeperOptions): Promise<LogKeeper> {
  await makePrivateFolder(folder);
  const logs = new Map<string, Promise<ServerLog>>();
  const following = new Map<string, { readonly containerId: string; readonly done: Promise<void>; again: boolean }>();
  const closing = new AbortController();
  const masks = new Map<string, { readonly secrets: readonly string[]; readonly mask: MaskSecrets }>();

  /** Secrets of every revision are masked: older lines have older ones in them. */
  const learnSecrets = ({ id, secretKeys, env }: DesiredServer): void => {
    const known = masks.get(id)?.secrets ?? [];
    const secrets = [...new Set([...known, ...secretKeys.flatMap((key) => env[key] ?? [])])];
    if (secrets.length > known.length) masks.set(id, { secrets, mask: createSecretMask(secrets) });
  };

  const saveAll = async (): Promise<void> => {
    for (const opened of logs.values()) {
      const serverLog = await opened;
      await serverLog.numbering
        .save(learned)
        .catch((error) => log.error({ error }, 'the numbering of a log could not be written'));
    }
  };
  const stopSaving = clock.every(saveEveryMs, () => void saveAll());

  const open = async (server: DesiredServer): Promise<ServerLog> =>
    createServerLog({
      numbering: await openNumbering(join(folder, `${server.id}.json`)),
      runtime,
      mask: (text) => masks.get(server.id)?.mask(text) ?? text,
    });

  const of = (server: DesiredServer): Promise<ServerLog> => {
    learnSecrets(server);
    const known = logs.get(server.id);
    if (known) return known;
    const opened = open(server);
    logs.set(server.id, opened);
    return opened;
  };

  const readToExit = async (server: DesiredServer, containerId: string): Promise<void> => {
    const serverLog = await of(server);
    serverLog.use(containerId);
    while (!closing.signal.aborted) {
      try {
        const after = await serverLog.resumePlace(containerId, closing.signal);
        await runtime.logs(
          containerId,
          { ...(after ? { after } : {}), follow: true, signal: closing.signal },
          (chunk) => {
            onChunk(server, chunk);
            return serverLog.append(containerId, chunk);
          },
        );
        return;
      } catch (error) {
        const container = await runtime.inspect(containerId).catch(() => 'unknown' as const);
        if (container === undefined || (container !== 'unknown' && container.status === 'dead')) return;
        log.warn(
          { server: server.name, error: error instanceof Error ? error : undefined },
          'reading a log broke off; trying again',
        );
        await pause(clock, retryMs, closing.signal);
      }
    }
  };

  const follow = (server: DesiredServer, containerId: string): void => {
    learnSecrets(server);
    const current = following.get(server.id);
    if (closing.signal.aborted) return;
    if (current?.containerId === containerId) {
      // It may be a new run of the same container, begun before the end of the last run's output was reached.
      current.again = true;
      return;
    }
    const done = readToExit(server, containerId).finally(() => {
      if (following.get(server.id) !== entry) return;
      following.delete(server.id);
      if (entry.again) follow(server, containerId);
    });
    const entry = { containerId, done, again: false };
    following.set(server.id, entry);
  };

  return {
    of,
    follow,
    caughtUp: async (serverId) => following.get(serverId)?.done,
    async forget(serverId) {
      await following.get(serverId)?.done;
      logs.delete(serverId);
      await rm(join(folder, `${serverId}.json`), { force: true });
    },
    async close() {
      stopSaving();
      closing.abort();
      await Promise.all([...following.values()].map((reading) => reading.done));
      await saveAll();
    },
  };
}
