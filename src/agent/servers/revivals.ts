import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder, readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import { noRevival, Revival } from './revival.ts';

/** What is remembered of every server's crashes, on disk: an agent that is restarted neither forgives nor forgets. */
export interface Revivals {
  get(serverId: string): Revival;
  /** Writes in the order of the calls. A failure is told to the log. */
  set(serverId: string, revival: Revival): void;
  /** Resolves when everything is on disk. */
  flushed(): Promise<void>;
}

/** Opens the memory in `folder`. */
export async function openRevivals(folder: string, log: Log): Promise<Revivals> {
  await makePrivateFolder(folder);
  const revivals = new Map<string, Revival>();
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.json')) continue;
    const revival = await readRevival(join(folder, file));
    if (revival) revivals.set(file.slice(0, -'.json'.length), revival);
    else log.warn({ file }, 'what was remembered of a server’s crashes cannot be read; they are counted anew');
  }
  let writing: Promise<void> = Promise.resolve();
  return {
    get: (serverId) => revivals.get(serverId) ?? noRevival,
    set(serverId, revival) {
      revivals.set(serverId, revival);
      writing = writing
        .then(() => writeAtomically(join(folder, `${serverId}.json`), JSON.stringify(revival)))
        .catch((error) => log.error({ error }, 'what is remembered of a server’s crashes could not be written'));
    },
    flushed: () => writing,
  };
}

async function readRevival(path: string): Promise<Revival | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return Revival.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
