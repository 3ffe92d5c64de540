import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { isMissing, makePrivateFolder, readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import { ZedopsError } from '../../protocol/errors.ts';

const Kept = z.array(z.string());

/**
 * Servers that this host has from before it joined its manager anew. It may have been revoked before that, and they may be
 * another host's by now: it runs none of them by itself until its manager has told it that they are its own.
 */
export interface Hold {
  isHeld(serverId: string): boolean;
  /** @throws ZedopsError CONFLICT for a server that is held. */
  refuse(server: { readonly id: string; readonly name: string }): void;
  /** Lets go of servers that the manager calls this host's own. Resolves when that is on disk. */
  told(serverIds: readonly string[]): Promise<void>;
  /** Calls back at once where nothing is held or the manager has told already, and each time it tells what this host owns. */
  onTold(listener: () => void): void;
}

/** Holds every server that an agent's folder knows, from its next start on. */
export async function holdServers(folder: string): Promise<void> {
  const known = await readdir(join(folder, 'servers')).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const ids = known.filter((name) => name.endsWith('.json')).map((name) => basename(name, '.json'));
  if (ids.length === 0) return;
  await makePrivateFolder(folder);
  await writeAtomically(fileOf(folder), JSON.stringify(ids));
}

/** Opens what is held. A file that cannot be read holds all that is `known`. */
export async function openHold(folder: string, known: readonly { readonly id: string }[], log: Log): Promise<Hold> {
  const path = fileOf(folder);
  const text = await readIfThere(path);
  const kept = text === undefined ? [] : readKept(text);
  if (!kept) log.error({ path }, 'what is held cannot be read: nothing is run before the manager has told what is');
  const held = new Set(kept ?? known.map(({ id }) => id));
  const listeners = new Set<() => void>();
  let wasTold = false;
  let writing: Promise<void> = Promise.resolve();

  const write = (): Promise<void> => {
    const written = writing.then(() =>
      held.size === 0 ? rm(path, { force: true }) : writeAtomically(path, JSON.stringify([...held])),
    );
    writing = written.catch(() => undefined);
    return written;
  };

  return {
    isHeld: (id) => held.has(id),
    refuse({ id, name }) {
      if (!held.has(id)) return;
      throw new ZedopsError('CONFLICT', `${name} may be another host’s by now: this host has joined its manager anew`, {
        hint: `zedops server show ${name} on the manager says where it is`,
      });
    },
    async told(ids) {
      wasTold = true;
      const released = ids.filter((id) => held.delete(id));
      for (const listener of listeners) listener();
      if (released.length > 0) await write();
    },
    onTold(listener) {
      if (held.size > 0) listeners.add(listener);
      if (held.size === 0 || wasTold) listener();
    },
  };
}

function fileOf(folder: string): string {
  return join(folder, 'held.json');
}

function readKept(text: string): readonly string[] | undefined {
  try {
    return Kept.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
