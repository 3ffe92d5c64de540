import type { Stats } from 'node:fs';
import { lstat, readdir, realpath, statfs } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { isMissing } from '../../platform/files/atomic-file.ts';
import type { AdoptedFolder, AdoptionWay } from '../../protocol/entities/adoption.ts';
import type { ServerVolume } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { ListedForeign } from '../runtime/foreign.ts';
import { walkTree } from '../worlds/walk.ts';

/** What {@link planFolders} works out places from. */
export interface FolderRequest {
  /** Name of the server to be. */
  readonly name: string;
  readonly dataRoot: string;
  readonly sources: ReadonlyMap<ServerVolume['folder'], string>;
  readonly way: AdoptionWay | undefined;
  /** Names of the servers of this host: their folders are theirs. */
  readonly others: readonly string[];
  /** An engine resolves links in what it mounts; a person is told where they really point. */
  readonly followsLinks: boolean;
}

/**
 * Works out where each folder goes and how. Nothing outside the data root is ever moved, nothing that is there is
 * written over, and no folder of another server is touched.
 * @throws ZedopsError FORBIDDEN, CONFLICT, NOT_FOUND or INVALID_INPUT, naming the folder and the way out.
 */
export async function planFolders(request: FolderRequest): Promise<AdoptedFolder[]> {
  const { name, way } = request;
  const root = await realpath(request.dataRoot);
  const planned: AdoptedFolder[] = [];
  for (const [folder, source] of request.sources) {
    const from = await realFolder(source, request);
    if (from === undefined) continue;
    const to = join(root, name, folder);
    checkPlace(from, to, root, request);
    if (from === to) {
      planned.push({ folder, from, to, how: 'stay' });
      continue;
    }
    if (way === undefined) {
      throw new ZedopsError('INVALID_INPUT', `${from} is not at ${to}, where the server needs it`, {
        hint: '--copy copies it there; --in-place moves it, where both are on one file system below the data root',
      });
    }
    await refuseTaken(to);
    if (way === 'in-place') await checkMove(from, root);
    planned.push({ folder, from, to, how: way === 'copy' ? 'copy' : 'move' });
  }
  refuseOverlap(planned);
  return planned;
}

/** Says how large folders are, with the numbers of those that could be counted before `deadline` (ms since 1970). */
export async function measured(
  folders: readonly AdoptedFolder[],
  clock: Clock,
  deadline: number,
): Promise<AdoptedFolder[]> {
  const result: AdoptedFolder[] = [];
  for (const folder of folders) {
    const size = await sizeOf(folder.from, clock, deadline);
    result.push(size === undefined ? folder : { ...folder, ...size });
  }
  return result;
}

const reserveBytes = 1024 ** 3;

/** Refuses copies that would fill the disk. @throws ZedopsError CONFLICT */
export async function refuseFullDisk(folders: readonly AdoptedFolder[], dataRoot: string): Promise<void> {
  const wanted = folders.reduce((sum, { how, bytes = 0 }) => sum + (how === 'copy' ? bytes : 0), 0);
  if (wanted === 0) return;
  const { bavail, bsize } = await statfs(dataRoot);
  if (wanted + reserveBytes <= bavail * bsize) return;
  const gigabytes = (count: number): string => (count / 1024 ** 3).toFixed(1);
  throw new ZedopsError(
    'CONFLICT',
    `The copy needs ${gigabytes(wanted + reserveBytes)} GiB, and ${dataRoot} has ${gigabytes(bavail * bsize)} GiB left`,
    { hint: '--in-place moves folders below the data root without a copy' },
  );
}

/** Refuses folders that a running container uses, other than the one adopted. @throws ZedopsError CONFLICT */
export function refuseUsed(
  folders: readonly AdoptedFolder[],
  containers: readonly ListedForeign[],
  originalId: string | undefined,
): void {
  for (const { id, name, status, mounts } of containers) {
    if (id === originalId || status === 'exited' || status === 'created' || status === 'dead') continue;
    const used = folders.find(({ from }) => mounts.some((mount) => mount.from !== '' && overlap(mount.from, from)));
    if (!used) continue;
    throw new ZedopsError('CONFLICT', `The container ${name} runs with ${used.from}`, {
      hint: originalId === undefined ? `adopt it instead: --container ${name}` : `docker stop ${name}`,
    });
  }
}

/** Says whether one path is the other, or lies within it. */
export function overlap(a: string, b: string): boolean {
  return a === b || isWithin(a, b) || isWithin(b, a);
}

/** Says whether a path lies within a folder. */
export function isWithin(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

async function realFolder(source: string, { followsLinks }: FolderRequest): Promise<string | undefined> {
  const there = await statsOf(source);
  if (!there) return undefined;
  const real = await realpath(source);
  if (!followsLinks && real !== source.replace(/(?<=.)\/+$/, '')) {
    throw new ZedopsError('FORBIDDEN', `${source} is reached through a symbolic link`, {
      hint: `name ${real} instead`,
    });
  }
  if (!(await lstat(real)).isDirectory()) throw new ZedopsError('INVALID_INPUT', `${source} is not a folder`);
  return real;
}

function checkPlace(from: string, to: string, root: string, { name, others }: FolderRequest): void {
  if (from !== to && overlap(from, to)) {
    throw new ZedopsError('FORBIDDEN', `${from} cannot be put into itself, at ${to}`, { hint: 'choose another name' });
  }
  if (from === root || isWithin(root, from)) {
    throw new ZedopsError('FORBIDDEN', `${from} holds the data root itself`, { hint: 'name the server’s own folder' });
  }
  const owner = others.find((other) => other !== name && overlap(from, join(root, other)));
  if (owner !== undefined) {
    throw new ZedopsError('CONFLICT', `${from} belongs to the server ${owner}`, {
      hint: `zedops server show ${owner}`,
    });
  }
}

async function refuseTaken(to: string): Promise<void> {
  const there = await statsOf(to);
  if (!there) return;
  if (there.isDirectory() && (await readdir(to)).length === 0) return;
  throw new ZedopsError('CONFLICT', `${to} is there already, and nothing is written over`, {
    hint: 'choose another name, or move it away on the host',
  });
}

/** A folder is moved by one rename: on one file system, and not itself a mount. */
async function checkMove(from: string, root: string): Promise<void> {
  if (!isWithin(from, root)) {
    throw new ZedopsError('FORBIDDEN', `${from} is not below the data root ${root}, so that it is not moved`, {
      hint: '--copy copies it',
    });
  }
  const [folder, parent, target] = await Promise.all([lstat(from), lstat(dirname(from)), lstat(root)]);
  if (folder.dev === parent.dev && folder.dev === target.dev) return;
  throw new ZedopsError('UNSUPPORTED', `${from} is on another file system than ${root}, so that it cannot be moved`, {
    hint: '--copy copies it',
  });
}

function refuseOverlap(folders: readonly AdoptedFolder[]): void {
  for (const one of folders) {
    const other = folders.find((each) => each !== one && overlap(each.from, one.from));
    if (!other || (one.how !== 'move' && other.how !== 'move')) continue;
    throw new ZedopsError('UNSUPPORTED', `${one.from} and ${other.from} lie within one another and cannot be moved`, {
      hint: '--copy copies them',
    });
  }
}

async function sizeOf(
  path: string,
  clock: Clock,
  deadline: number,
): Promise<{ readonly bytes: number; readonly files: number } | undefined> {
  let [bytes, files] = [0, 0];
  for await (const { stats } of walkTree(path, { isLive: true })) {
    if (clock.steady() > deadline) return undefined;
    if (!stats.isFile()) continue;
    files += 1;
    bytes += Number(stats.size);
  }
  return { bytes, files };
}

async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Where a folder is copied to before it is whole. */
export function partialOf({ to }: Pick<AdoptedFolder, 'to'>): string {
  return join(dirname(to), `${basename(to)}.adopting`);
}
