import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Clock, pause, watchSetting } from '../../platform/clock.ts';
import { isMissing } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { TellEvent } from '../events/journal.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { isOriginalName } from './original-name.ts';
import { isOwnFolder } from './ownership.ts';
import { isThere, type Original, type Placements } from './placements.ts';
import { type Removed, removeTree, setAside } from './remove-tree.ts';

/** What {@link createOriginals} is made of. */
export interface OriginalsDeps {
  readonly placements: Pick<Placements, 'originals' | 'find' | 'folderOf' | 'dropOriginal' | 'forget'>;
  readonly registry: { find(id: string): DesiredServer | undefined };
  readonly runtime: Pick<Runtime, 'boundTo'>;
  /** Every data root of this host. */
  readonly roots: readonly string[];
  /** Forgets what else was kept for a server of which there is nothing else here; done again it is no error. */
  readonly forgetRest: (serverId: string) => Promise<void>;
  readonly tell: TellEvent;
  readonly clock: Clock;
  readonly log: Log;
}

/** The worlds that moves have left behind on this host. */
export interface Originals {
  /** Removes those that have been kept for {@link keptMs}. What it must not remove stays, and is told of once. */
  removeDue(signal: AbortSignal): Promise<void>;
  /** Removes those of one server, however old, for its purge. @throws ZedopsError for one that must not be removed. */
  removeOf(serverId: string): Promise<Removed>;
}

/** How long a move keeps the original: long enough to notice that the moved world is not as it was. */
export const keptMs = 24 * 60 * 60_000;

const lookEveryMs = 10 * 60_000;

type Left = Original & { readonly serverId: string };

/**
 * Makes what removes the worlds that moves have left behind. It refuses instead of guessing: only a real folder with the
 * name a move gives, directly in a data root of this host, marked as that server's, that no container is bound to.
 */
export function createOriginals(deps: OriginalsDeps): Originals {
  const { placements, registry, runtime, roots, forgetRest, tell, clock, log } = deps;
  /** Those that stay, by path, with why. */
  const refusals = new Map<string, string>();
  const setMs = watchSetting(clock);

  /** Where it is and where it is moved before it is removed, with the data root's own links resolved. */
  const placesOf = async (path: string): Promise<{ readonly folder: string; readonly aside: string }> => {
    const root = dirname(path);
    if (!isOriginalName(basename(path)) || join(root, basename(path)) !== path || !roots.includes(root)) {
      throw new ZedopsError('FORBIDDEN', `${path} is not what a move leaves in a data root of this host`, {
        hint: `look at it on the host; the host’s data roots are ${roots.join(', ')}`,
      });
    }
    const real = await realpath(root).catch((cause: unknown) => {
      if (!isMissing(cause)) throw cause;
      throw new ZedopsError('NOT_FOUND', `The data root ${root} is not there`, { hint: 'mount its disk', cause });
    });
    return { folder: join(real, basename(path)), aside: join(real, `.purging-${basename(path)}`) };
  };

  const refuseBound = async (folder: string): Promise<void> => {
    const [holder] = await runtime.boundTo(folder);
    if (holder === undefined) return;
    throw new ZedopsError('CONFLICT', `${folder} is bound into the container ${holder}`, {
      hint: `remove that container first: docker rm ${holder}`,
    });
  };

  const remove = async ({ serverId, path }: Left, signal?: AbortSignal): Promise<Removed> => {
    const { folder, aside } = await placesOf(path);
    await refuseBound(folder);
    await refuseBound(aside);
    const there = await lstatIfThere(folder);
    if (there?.isDirectory() && !(await isOwnFolder(folder, serverId))) {
      throw new ZedopsError('FORBIDDEN', `${folder} does not say that it belongs to the server ${serverId}`, {
        hint: 'look at it on the host; it is removed by hand, or not at all',
      });
    }
    signal?.throwIfAborted();
    await setAside(folder, aside);
    // An agent that ends does not wait for a large world; its next process goes on.
    const removed = await removeTree(aside, { report: () => signal?.throwIfAborted(), now: () => clock.steady() });
    // A server that went to another host, or was purged, has nothing else here.
    const isLast =
      !registry.find(serverId) && !placements.originals().some((one) => one.serverId === serverId && one.path !== path);
    if (isLast) await forgetRest(serverId);
    await placements.dropOriginal(serverId, path);
    if (isLast) await placements.forget(serverId);
    refusals.delete(path);
    return removed;
  };

  /** An original is the last whole world where the one in force has gone. */
  const refuseLast = async ({ serverId, path }: Left): Promise<void> => {
    const server = registry.find(serverId);
    if (!server) return;
    const folder = placements.folderOf(server);
    if (await isOwnFolder(folder, serverId)) return;
    throw new ZedopsError('CONFLICT', `${folder}, to which ${server.name} was moved, is not there; ${path} stays`, {
      hint: 'mount the disk, or move the kept world back there',
    });
  };

  const removeOneDue = async (left: Left, signal: AbortSignal): Promise<void> => {
    const { serverId, path } = left;
    const name = registry.find(serverId)?.name ?? basename(path).split('.')[0];
    try {
      await refuseLast(left);
      const { files, bytes } = await remove(left, signal);
      log.info({ serverId, path, files, bytes }, 'removed the world that a move had left behind');
      const text = `the world that ${name} left at ${path} when it moved was removed after 24 h`;
      tell({ kind: 'original-removed', serverId, text });
    } catch (cause) {
      if (signal.aborted) return;
      const error = cause instanceof Error ? cause : new Error(String(cause));
      const why = error instanceof ZedopsError ? error.message : 'the agent’s log has the cause';
      // An engine that does not answer now says nothing about the folder.
      if (error instanceof ZedopsError && error.code === 'UNREACHABLE') return;
      if (refusals.get(path) === why) return;
      refusals.set(path, why);
      log.warn({ serverId, path, error }, 'the world that a move has left behind stays');
      tell({ kind: 'original-kept', serverId, text: `the world that ${name} left at ${path} stays: ${why}` });
    }
  };

  return {
    async removeDue(signal) {
      for (const left of placements.originals()) {
        if (signal.aborted) return;
        // A clock that was set ahead has made nothing older: that must cost nobody a world.
        if (clock.now() - left.at - Math.max(0, setMs()) < keptMs) continue;
        // Noted by a move that goes on: it may not be the original yet.
        if (placements.find(left.serverId)?.moving) continue;
        await removeOneDue(left, signal);
      }
    },
    async removeOf(serverId) {
      let all: Removed = { files: 0, bytes: 0 };
      for (const left of placements.originals().filter((one) => one.serverId === serverId)) {
        const { files, bytes } = await remove(left);
        all = { files: all.files + files, bytes: all.bytes + bytes };
      }
      return all;
    },
  };
}

/** Looks every ten minutes, and at once, for worlds left behind that have been kept long enough, until the signal aborts. */
export async function keepOriginals(
  originals: Pick<Originals, 'removeDue'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await originals.removeDue(signal);
    await pause(clock, lookEveryMs, signal);
  }
}

async function lstatIfThere(path: string) {
  return (await isThere(path)) ? lstat(path) : undefined;
}
