import { lstat, mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { AdoptedFolder } from '../../protocol/entities/adoption.ts';
import type { Step } from '../../protocol/entities/job.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { copyAndCompare, copyWhileLive, type Transfer } from '../worlds/transfer.ts';
import { partialOf } from './folders.ts';
import type { AdoptionRecord } from './journal.ts';

/** What bringing folders to their place is told. */
export interface Bringing {
  readonly clock: Clock;
  /** Folder for manifests while they are needed. */
  readonly work: string;
  readonly report: (step: Step) => void;
  readonly signal: AbortSignal;
}

const serverFolderMode = 0o755;

/**
 * Copies what is to be copied while the original still runs, so that it is stopped only for what changed since. Run again
 * after any end, it goes on.
 */
export async function copyAhead({ folders }: AdoptionRecord, bringing: Bringing): Promise<void> {
  for (const folder of folders) {
    if (folder.how !== 'copy' || (await hasAny(folder.to))) continue;
    bringing.signal.throwIfAborted();
    await makeFolder(dirname(folder.to));
    await copyWhileLive(transferOf(folder, bringing));
  }
}

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

/** Copies what is left of a folder, makes sure that the copy is the same, and only then gives it its name. */
async function copyWhole(folder: AdoptedFolder, bringing: Bringing): Promise<void> {
  if (await hasAny(folder.to)) return;
  const transfer = transferOf(folder, bringing);
  await copyAndCompare(transfer);
  await rename(transfer.to, folder.to);
  await rm(transfer.work, { recursive: true, force: true });
}

function transferOf(folder: AdoptedFolder, { clock, work, report, signal }: Bringing): Transfer {
  const of = (step: Step): Step => ({ ...step, step: `${folder.folder}: ${step.step}` });
  return {
    ...{ from: folder.from, to: partialOf(folder), work: join(work, folder.folder), clock, signal },
    report: (step) => report(of(step)),
  };
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
