import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, pause } from '../../platform/clock.ts';
import { makePrivateFolder } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { LogChunk, Runtime } from '../runtime/runtime.ts';
import { type ArchiveLimits, type LogArchive, openLogArchive, usualArchiveLimits } from './archive/archive.ts';
import { fillArchive } from './archive/fill.ts';
import { createSecretMask, type MaskSecrets } from './mask.ts';
import { type Numbering, openNumbering } from './numbering.ts';
import { createServerLog, type ServerLog } from './server-log.ts';

/** The logs of all servers of a host, and the reading that fills them. */
export interface LogKeeper {
  /** The log of a server, opened when it is first asked for. */
  of(server: DesiredServer): Promise<ServerLog>;
  /** What hides a server's secrets, of every revision this agent has heard of, in whatever else its game has written. */
  maskOf(server: DesiredServer): MaskSecrets;
  /**
   * Reads a container's output from where reading last stopped until the container exits; while that is under way, once
   * more after it. Every chunk goes to `onChunk` too.
   */
  follow(server: DesiredServer, containerId: string): void;
  /** Resolves when the output that was there at the call has been read. */
  caughtUp(serverId: string): Promise<void>;
  /** What there is of a log; with `all`, once everything read is written and its archive has nothing open. */
  sealed(server: DesiredServer, all: boolean): Promise<SealedLog>;
  /** Where a log is kept, and where one that another host hands over is brought. */
  placeOf(serverId: string): LogPlace;
  /** Lets go of a log, which stays on disk as it is. */
  release(serverId: string): Promise<void>;
  /** Forgets the numbering of a server that is no more. */
  forget(serverId: string): Promise<void>;
  /** Stops reading and writes the numbering to disk. */
  close(): Promise<void>;
}

/** A log to be handed over. */
export interface SealedLog {
  readonly numbering: Numbering;
  readonly archive: Pick<LogArchive, 'files'>;
}

/** Paths of a log. */
export interface LogPlace {
  readonly numbering: string;
  readonly archive: string;
  readonly arriving: string;
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
  /** How much of each log is kept besides what the engine keeps. */
  readonly archive?: ArchiveLimits | undefined;
}

const saveEveryMs = 2_000;
const retryMs = 1_000;
const pruneEveryMs = 3_600_000;
/** Characters that wait for the archive at which it is not put off any longer. */
const muchWaiting = 1024 * 1024;

/** One log with its archive, and the one writing of the two that may be under way. */
interface KeptLog {
  readonly serverLog: ServerLog;
  readonly archive: LogArchive;
  saving: Promise<void> | undefined;
  /** Whether what a killed agent left out of the archive has been looked for. */
  isFilled: boolean;
}

/** Opens the logs kept in `folder`. */
export async function openLogKeeper({
  folder,
  runtime,
  clock,
  log,
  onChunk,
  learned,
  archive: limits = usualArchiveLimits,
}: LogKeeperOptions): Promise<LogKeeper> {
  await makePrivateFolder(folder);
  const logs = new Map<string, Promise<KeptLog>>();
  const following = new Map<string, { readonly containerId: string; readonly done: Promise<void>; again: boolean }>();
  const closing = new AbortController();
  const masks = new Map<string, { readonly secrets: readonly string[]; readonly mask: MaskSecrets }>();

  /** Secrets of every revision are masked: older lines have older ones in them. */
  const learnSecrets = ({ id, secretKeys, env }: DesiredServer): void => {
    const known = masks.get(id)?.secrets ?? [];
    const secrets = [...new Set([...known, ...secretKeys.flatMap((key) => env[key] ?? [])])];
    if (secrets.length > known.length) masks.set(id, { secrets, mask: createSecretMask(secrets) });
  };

  const maskOf = (server: DesiredServer): MaskSecrets => {
    learnSecrets(server);
    return (text) => masks.get(server.id)?.mask(text) ?? text;
  };

  /** The archive follows the numbering: a number in it must mean the same line after a kill. */
  const saveOne = async ({ serverLog: { numbering }, archive }: KeptLog): Promise<void> => {
    const through = numbering.next() - 1;
    try {
      await numbering.save(learned);
    } catch (error) {
      log.error({ error: error instanceof Error ? error : undefined }, 'the numbering of a log could not be written');
      return;
    }
    await archive.flush(through);
  };

  const save = (kept: KeptLog): Promise<void> => {
    kept.saving ??= saveOne(kept).finally(() => {
      kept.saving = undefined;
    });
    return kept.saving;
  };

  const forAll = async (task: (kept: KeptLog) => Promise<void>): Promise<void> => {
    for (const opened of logs.values()) await task(await opened);
  };
  const stopSaving = clock.every(saveEveryMs, () => void forAll(save));
  const stopPruning = clock.every(pruneEveryMs, () => void forAll(({ archive }) => archive.prune()));

  const placeOf = (serverId: string): LogPlace => ({
    numbering: join(folder, `${serverId}.json`),
    archive: join(folder, serverId, 'archive'),
    arriving: join(folder, serverId, 'arriving'),
  });

  const open = async (server: DesiredServer): Promise<KeptLog> => {
    const place = placeOf(server.id);
    const archive = await openLogArchive({ folder: place.archive, limits, clock, log });
    const serverLog = createServerLog({
      numbering: await openNumbering(place.numbering),
      runtime,
      mask: maskOf(server),
      archive,
    });
    return { serverLog, archive, saving: undefined, isFilled: false };
  };

  const keptOf = (server: DesiredServer): Promise<KeptLog> => {
    learnSecrets(server);
    const known = logs.get(server.id);
    if (known) return known;
    const opened = open(server);
    logs.set(server.id, opened);
    return opened;
  };

  /** Once, and before the first new line. What cannot be read back is lost to the archive alone. */
  const fill = async (kept: KeptLog, server: DesiredServer): Promise<void> => {
    if (kept.isFilled) return;
    kept.isFilled = true;
    try {
      await fillArchive({ ...kept, signal: closing.signal });
    } catch (error) {
      const cause = error instanceof Error ? error : undefined;
      log.warn({ server: server.name, error: cause }, 'the archive of a log could not be filled up after a kill');
    }
  };

  const readToExit = async (server: DesiredServer, containerId: string): Promise<void> => {
    const kept = await keptOf(server);
    const { serverLog, archive } = kept;
    serverLog.use(containerId);
    await fill(kept, server);
    while (!closing.signal.aborted) {
      try {
        const after = await serverLog.resumePlace(containerId, closing.signal);
        await runtime.logs(
          containerId,
          { ...(after ? { after } : {}), follow: true, signal: closing.signal },
          (chunk) => {
            onChunk(server, chunk);
            if (archive.waiting() > muchWaiting) void save(kept);
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

  const letGo = async (serverId: string, isKept: boolean): Promise<void> => {
    await following.get(serverId)?.done;
    const kept = await logs.get(serverId);
    logs.delete(serverId);
    await kept?.saving;
    if (kept && isKept) await save(kept);
  };

  return {
    of: async (server) => (await keptOf(server)).serverLog,
    maskOf,
    follow,
    caughtUp: async (serverId) => following.get(serverId)?.done,
    async sealed(server, all) {
      const kept = await keptOf(server);
      const { serverLog, archive } = kept;
      if (all) {
        await following.get(server.id)?.done;
        await kept.saving;
        await save(kept);
        await archive.seal();
      }
      return { numbering: serverLog.numbering, archive };
    },
    placeOf,
    release: (serverId) => letGo(serverId, true),
    async forget(serverId) {
      await letGo(serverId, false);
      await rm(placeOf(serverId).numbering, { force: true });
      await rm(join(folder, serverId), { recursive: true, force: true });
    },
    async close() {
      stopSaving();
      stopPruning();
      closing.abort();
      await Promise.all([...following.values()].map((reading) => reading.done));
      await forAll(async (kept) => {
        await kept.saving;
        await save(kept);
      });
    },
  };
}
