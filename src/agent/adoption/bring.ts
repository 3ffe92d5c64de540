import { lstat, mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMissing, systemErrorCode } from '../../platform/atomic-file.ts';
import type { Clock } from '../../platform/clock.ts';
import type { AdoptedFolder } from '../../protocol/entities/adoption.ts';
import type { Step } from '../../protocol/entities/job.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { copyTree } from '../worlds/copy-tree.ts';
import { compareManifests, manifestOf } from '../worlds/manifest.ts';
import { partialOf } from './folders.ts';
import type { AdoptionRecord } from './journal.ts';

/** What bringing folders to their place is told. */
export interface Bringing {
  readonly clock: Clock;
  readonly report: (step: Step) => void;
  readonly signal: AbortSignal;
}

const serverFolderMode = 0o755;

/** Brings every folder to where the server needs it. Run again after any end, it goes on. */
export async function bringFolders({ folders }: AdoptionRecord, bringing: Bringing): Promise<void> {
  for (const folder of folders) {
    bringing.signal.throwIfAborted();
    if (folder.how === 'stay') continue;
    await makeFolder(dirname(folder.to));
    if (folder.how === 'copy') await copyWhole(folder, bringing);
    else {
      bringing.report({ step: `moving ${folder.from} to ${folder.to}` });
      // Once moved, nothing is where it was.
      if (await isThere(folder.from)) await rename(folder.from, folder.to);
    }
  }
}

/**
 * Takes back what {@link bringFolders} did: what was moved goes home, and a copy in the making goes. A copy that was
 * whole, so that a game may have run on it, is kept beside. @returns the paths of those.
 */
export async function takeFoldersBack({ folders, makesFolder, jobId }: AdoptionRecord): Promise<string[]> {
  const kept: string[] = [];
  for (const folder of folders.toReversed()) {
    if (folder.how === 'move' && !(await isThere(folder.from)) && (await isThere(folder.to))) {
      await rename(folder.to, folder.from);
    }
    if (folder.how !== 'copy') continue;
    await rm(partialOf(folder), { recursive: true, force: true });
    if (!(await hasAny(folder.to))) continue;
    const aside = `${folder.to}.failed-${jobId.slice(-8)}`;
    await rename(folder.to, aside);
    kept.push(aside);
  }
  const first = folders[0];
  if (makesFolder && first) await removeEmpty(dirname(first.to));
  return kept;
}

/** Copies a folder, makes sure that the copy is the same, and only then gives it its name. */
async function copyWhole(folder: AdoptedFolder, { clock, report, signal }: Bringing): Promise<void> {
  if (await hasAny(folder.to)) return;
  const partial = partialOf(folder);
  const share = (bytes: number): { percent: number } | Record<never, never> =>
    folder.bytes ? { percent: Math.min(100, (100 * bytes) / folder.bytes) } : {};
  await copyTree(folder.from, partial, {
    ...{ clock, signal },
    report: ({ bytes }) => report({ step: `copying ${folder.from}`, ...share(bytes) }),
  });
  let [bytes, reportedAt] = [0, clock.steady()];
  const onBytes = (more: number): void => {
    bytes += more;
    if (clock.steady() - reportedAt < 250) return;
    reportedAt = clock.steady();
    report({ step: `comparing the copy of ${folder.from}`, ...share(bytes) });
  };
  report({ step: `comparing the copy of ${folder.from}` });
  const differences = compareManifests(manifestOf(folder.from, { signal, onBytes }), manifestOf(partial, { signal }));
  for await (const { path, what } of differences) {
    throw new ZedopsError('CONFLICT', `The copy of ${folder.from} is not as the original: ${path} (${what})`, {
      hint: 'something still writes there; stop it, and adopt again',
    });
  }
  await rename(partial, folder.to);
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, serverFolderMode);
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
    const there = await lstat(path);
    if (there.isDirectory()) return;
    throw new ZedopsError('FORBIDDEN', `${path} is not a folder`, { cause: error });
  }
}

/** Removes the server's folder where nothing but what ZedOps wrote is in it. */
async function removeEmpty(folder: string): Promise<void> {
  for (const file of ['compose.yaml', 'server.env']) await rm(join(folder, file), { force: true });
  try {
    await rmdir(folder);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT') throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Says whether a folder is there and not empty: an empty one may have been there before. */
async function hasAny(path: string): Promise<boolean> {
  if (!(await isThere(path))) return false;
  try {
    await rmdir(path);
    return false;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOTEMPTY') return true;
    throw error;
  }
}
