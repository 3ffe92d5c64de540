import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { makePrivateFolder, readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import { DesiredServer } from '../../protocol/entities/server.ts';
import type { SettingChange } from '../../protocol/entities/setting-change.ts';
import { settingChanges } from '../../protocol/setting-changes.ts';
import type { RuntimeContainer } from '../runtime/runtime.ts';

/**
 * What containers were made of, by server and revision. A container only says its revision: a hash of its settings in a
 * label, which anybody on the host may read, would let a weak password be guessed.
 */
export interface Applied {
  /**
   * Keeps what a container is about to be made of, and what those of the revisions `inUse` were; the rest is forgotten.
   * Resolves when it is on disk.
   */
  note(server: DesiredServer, inUse: readonly number[]): Promise<void>;
  /** The server with the settings its container has: its passwords, ports and times. The newest where that is not known. */
  madeOf(server: DesiredServer, container: Pick<RuntimeContainer, 'revision'> | undefined): DesiredServer;
  /** What the container does not have yet; undefined where it is not known what it was made of. */
  waiting(server: DesiredServer, container: Pick<RuntimeContainer, 'revision'>): readonly SettingChange[] | undefined;
  /** Forgets a server without a container. */
  forget(serverId: string): Promise<void>;
}

const Kept = z.array(DesiredServer);

/** Opens what is kept in `folder`. */
export async function openApplied(folder: string, log: Log): Promise<Applied> {
  await makePrivateFolder(folder);
  const fileOf = (serverId: string): string => join(folder, `${serverId}.json`);
  const kept = new Map<string, readonly DesiredServer[]>();
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.json')) continue;
    const revisions = await readKept(join(folder, file));
    const [first] = revisions ?? [];
    if (first && revisions) kept.set(first.id, revisions);
    else log.warn({ file }, 'what a container was made of cannot be read; a rebuild makes it known again');
  }
  let writing: Promise<unknown> = Promise.resolve();
  const inTurn = (task: () => Promise<void>): Promise<void> => {
    const turn = writing.then(task);
    writing = turn.catch(() => undefined);
    return turn;
  };
  const find = (serverId: string, revision: number | undefined): DesiredServer | undefined =>
    kept.get(serverId)?.find((server) => server.revision === revision);

  return {
    note(server, inUse) {
      const others = (kept.get(server.id) ?? []).filter(
        ({ revision }) => revision !== server.revision && inUse.includes(revision),
      );
      const revisions = [server, ...others];
      kept.set(server.id, revisions);
      return inTurn(() => writeAtomically(fileOf(server.id), JSON.stringify(revisions)));
    },
    madeOf(server, container) {
      const made = find(server.id, container?.revision);
      if (!made) return server;
      const { image, env, secretKeys, game, limits } = made;
      return { ...server, image, env, secretKeys, game, limits };
    },
    waiting(server, { revision }) {
      if (revision === server.revision) return [];
      const made = find(server.id, revision);
      return made && settingChanges(made, server);
    },
    forget(serverId) {
      kept.delete(serverId);
      return inTurn(() => rm(fileOf(serverId), { force: true }));
    },
  };
}

async function readKept(path: string): Promise<readonly DesiredServer[] | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return Kept.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
