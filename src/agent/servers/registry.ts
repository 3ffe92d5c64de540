import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder, readIfThere, writeAtomically } from '../../platform/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';

/** The servers of this host as the manager last described them, kept on disk: the agent works from them on its own. */
export interface Registry {
  /** Keeps what is newer than what is known. @returns the newest, whichever that is. */
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
  return {
    accept(desired) {
      const known = servers.get(desired.id);
      if (known && known.revision >= desired.revision) return Promise.resolve(known);
      servers.set(desired.id, desired);
      const write = writing.then(() => writeAtomically(join(folder, `${desired.id}.json`), JSON.stringify(desired)));
      writing = write.catch(() => undefined);
      return write.then(() => desired);
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
