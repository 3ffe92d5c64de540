import { constants } from 'node:fs';
import { type FileHandle, lstat, open, opendir, rename, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { mountsBelow } from './mounts.ts';

/** How much of a tree is gone so far. */
export interface Removed {
  readonly files: number;
  readonly bytes: number;
}

/** What {@link removeTree} needs. */
export interface RemoveTreeOptions {
  /** Told now and then. */
  readonly report: (removed: Removed) => void;
  /** Milliseconds since any time: how often `report` is called. */
  readonly now: () => number;
}

const reportEveryMs = 250;
/** Entries of one folder held in memory at a time. */
const batch = 1_000;
/** Folders within folders; each holds a file descriptor while it is emptied. */
const deepest = 128;
const openFolder = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Moves a folder out of the way before it is removed, in one step: from then on it is nobody's world, also after a
 * crash in the middle. Nothing is there to move when that was done before.
 * @throws ZedopsError FORBIDDEN where it is a link, no folder, or holds a mount.
 */
export async function setAside(folder: string, aside: string): Promise<void> {
  const there = await lstatIfThere(folder);
  if (!there) return;
  if (!there.isDirectory()) throw refused(folder, there.isSymbolicLink() ? 'is a symbolic link' : 'is not a folder');
  if (await lstatIfThere(aside)) {
    throw new ZedopsError('CONFLICT', `${aside} is left from an earlier purge, and ${folder} is there again`, {
      hint: `look at both on the host, and move away what is to stay`,
    });
  }
  await refuseMounts(folder);
  await rename(folder, aside);
  const parent = await open(join(aside, '..'), openFolder);
  await parent.sync().finally(() => parent.close());
}

/**
 * Removes a folder with all that is in it, from the inside out. It goes from folder to folder by their descriptors, so
 * that a link put in its way in the meantime leads nowhere; links themselves are removed and never followed, and it does
 * not cross into another file system. One file at a time, so that others get their turn. Begun anew it goes on.
 * @throws ZedopsError FORBIDDEN naming the path that cannot be removed; the rest of the folder stays.
 */
export async function removeTree(folder: string, { report, now }: RemoveTreeOptions): Promise<Removed> {
  const there = await lstatIfThere(folder);
  if (!there) return { files: 0, bytes: 0 };
  await refuseMounts(folder);
  let files = 0;
  let bytes = 0;
  let reportedAt = now();
  const tell = (): void => {
    if (now() - reportedAt < reportEveryMs) return;
    reportedAt = now();
    report({ files, bytes });
  };

  /** `path` is for errors alone; what is worked on is below the open folder. */
  const empty = async (handle: FileHandle, path: string, depth: number): Promise<void> => {
    if (depth > deepest) throw refused(path, `lies more than ${deepest} folders deep`);
    const { dev } = await handle.stat();
    if (dev !== there.dev) throw refused(path, 'is on another file system');
    const here = `/proc/self/fd/${handle.fd}`;
    for (;;) {
      const names = await someNames(here);
      if (names.length === 0) return;
      for (const name of names) {
        const entry = `${here}/${name}`;
        const child = await lstatIfThere(entry);
        if (!child) continue;
        if (child.isDirectory()) {
          await within(entry, join(path, name), (inner) => empty(inner, join(path, name), depth + 1));
          await attempt(join(path, name), () => rmdir(entry));
        } else {
          await attempt(join(path, name), () => unlink(entry));
          files += 1;
          // The other names of a file keep its bytes.
          if (child.nlink === 1) bytes += child.size;
        }
        tell();
      }
    }
  };

  await within(folder, folder, (handle) => empty(handle, folder, 0));
  await attempt(folder, () => rmdir(folder));
  return { files, bytes };
}

async function within(place: string, path: string, work: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await attempt(path, () => open(place, openFolder));
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}

async function someNames(folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  // The loop closes the folder, also where it is left early.
  for await (const { name } of await opendir(folder)) {
    names.push(name);
    if (names.length === batch) break;
  }
  return names;
}

async function refuseMounts(folder: string): Promise<void> {
  const [mount] = await mountsBelow(folder);
  if (mount !== undefined) throw refused(mount, 'is a mount point');
}

async function lstatIfThere(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function attempt<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ZedopsError) throw cause;
    const code = systemErrorCode(cause) ?? 'unknown';
    const why = code === 'ELOOP' || code === 'ENOTDIR' ? 'is a symbolic link now' : `cannot be removed (${code})`;
    throw refused(path, why, cause);
  }
}

function refused(path: string, why: string, cause?: unknown): ZedopsError {
  return new ZedopsError('FORBIDDEN', `${path} ${why}, so nothing more is removed`, {
    hint: 'look at it on the host, and purge again',
    cause,
  });
}
