import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder, readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';

/** The servers of this host as the manager last described them, kept on disk: the agent works from them on its own. */
export interface Registry {
  /**
   * Keeps what is newer than what is known. @returns the newest, whichever that is.
   * @throws ZedopsError where the disk is full: it is known by then, until the agent restarts.
   */
  accept(desired: DesiredServer): Promise<DesiredServer>;
  /** @throws ZedopsError NOT_FOUND */
  get(id: string): DesiredServer;
  find(id: string): DesiredServer | undefined;
  all(): readonly DesiredServer[];
  /** Forgets a server that is no more. */
  forget(id: string): Promise<void>;
}

/** Opens the registry in `folder`, reading what an earlier process kept there. */
export async function openRegistry(folder: string, log: Log): Promise<Registry> {
  await makePrivateFolder(folder);
  const servers = new Map<string, DesiredServer>();
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.json')) continue;
    const kept = await readKept(join(folder, file));
    if (kept) servers.set(kept.id, kept);
    else log.error({ file }, 'a server file cannot be read; the manager will send it again');
  }
  // Writes follow one another, so that an older revision never overtakes a newer one on its way to the disk.
  let writing: Promise<unknown> = Promise.resolve();
  const unwritten = new Set<string>();
  const write = async (desired: DesiredServer): Promise<void> => {
    try {
      await writeAtomically(join(folder, `${desired.id}.json`), JSON.stringify(desired));
      unwritten.delete(desired.id);
    } catch (error) {
      unwritten.add(desired.id);
      throw error;
    }
  };
  return {
    accept(desired) {
      const known = servers.get(desired.id);
      const newest = known && known.revision >= desired.revision ? known : desired;
      if (newest === known && !unwritten.has(desired.id)) return Promise.resolve(known);
      servers.set(desired.id, newest);
      const written = writing.then(() => write(newest));
      writing = written.catch(() => undefined);
      return written.then(() => newest);
    },
    get(id) {
      const server = servers.get(id);
      if (!server) throw new ZedopsError('NOT_FOUND', `This host has no server with the id ${id}`);
      return server;
    },
    find: (id) => servers.get(id),
    all: () => [...servers.values()],
    forget(id) {
      servers.delete(id);
      unwritten.delete(id);
      const gone = writing.then(() => rm(join(folder, `${id}.json`), { force: true }));
      writing = gone.catch(() => undefined);
      return gone;
    },
  };
}

async function readKept(path: string): Promise<DesiredServer | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return DesiredServer.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
