import { execFile } from 'node:child_process';
import { type BigIntStats, constants } from 'node:fs';
import { chmod, lchown, link, lstat, lutimes, mkdir, open, readlink, rm, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../../platform/clock.ts';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { copyFile, type FileCopyOptions, type FileFacts, giveAttributes, secondsOf } from './copy-file.ts';
import { createInFlight } from './in-flight.ts';
import { type ManifestEntry, typeOf } from './manifest.ts';
import { comparePaths, type TreeEntry, type WalkOptions, walkTree } from './walk.ts';

/** How far a copy is. */
export interface CopyProgress {
  /** Bytes of the files that are done, copied now or there already. */
  readonly bytes: number;
  readonly files: number;
}

/** What became of a copy. */
export interface CopyResult extends CopyProgress {
  /** Bytes that had to be written by this run. */
  readonly copiedBytes: number;
  /** How many sockets, pipes and devices were left out. */
  readonly skipped: number;
}

/** How a tree is copied. */
export interface CopyOptions extends WalkOptions {
  readonly clock: Clock;
  /** Told four times a second at most, and once at the end. */
  readonly report?: (progress: CopyProgress) => void;
}

/** Something in a tree that is copied. */
export interface SourceEntry {
  readonly path: string;
  /** Undefined for what is left out. */
  readonly type: ManifestEntry['type'] | undefined;
  readonly facts: FileFacts;
}

/** A tree that is copied, wherever it is. Its entries come in the order of the walk. */
export interface TreeSource {
  /** How many of its files are copied at once, where that is not the usual. */
  readonly copiedAtOnce?: number;
  root(): Promise<FileFacts>;
  entries(): AsyncIterable<SourceEntry>;
  /** Makes a copy of a file at a place where nothing is. */
  copyFile(path: string, target: string, facts: FileFacts, options: FileCopyOptions): Promise<void>;
  readLink(path: string): Promise<string>;
}

const reportMs = 250;
/** Small files wait for the disk most of the time. */
const copiedAtOnce = 8;
/** Files with several names whose copies are remembered, so that they stay one file. */
const mostLinked = 100_000;
const run = promisify(execFile);

/**
 * Makes `to` the same as `from`: owners, modes, times, links as links, hard links as one file, holes as holes. Never
 * follows a link, on either side. What is there and the same (size and time) stays; **what is in `to` and not in `from` is
 * removed**, so `to` must be a copy in the making that nobody uses, never a server's folder. Run again after any end, it
 * goes on. Resolves when all is on disk.
 * @throws ZedopsError FORBIDDEN where an owner cannot be kept, CONFLICT where the disk is full or `to` is no folder.
 */
export async function copyTree(from: string, to: string, options: CopyOptions): Promise<CopyResult> {
  return copyFrom(folderSource(from, options), to, options);
}

/** {@link copyTree} from wherever the tree is. */
export async function copyFrom(from: TreeSource, to: string, options: CopyOptions): Promise<CopyResult> {
  try {
    return await copyAll(from, to, options);
  } catch (error) {
    throw translated(error, to);
  }
}

function folderSource(from: string, options: WalkOptions): TreeSource {
  return {
    async root() {
      const stats = await lstat(from, { bigint: true });
      if (!stats.isDirectory()) throw new ZedopsError('NOT_FOUND', `${from} is not a folder`);
      return stats;
    },
    async *entries() {
      for await (const { path, stats } of walkTree(from, options)) yield { path, type: typeOf(stats), facts: stats };
    },
    copyFile: (path, target, facts, fileOptions) => copyFile(join(from, path), target, facts, fileOptions),
    readLink: (path) => readlink(join(from, path)),
  };
}

async function copyAll(from: TreeSource, to: string, options: CopyOptions): Promise<CopyResult> {
  const { clock, report } = options;
  const done = { bytes: 0, files: 0, copiedBytes: 0, skipped: 0 };
  let reportedAt = clock.steady();
  const tell = (): void => {
    if (clock.steady() - reportedAt < reportMs) return;
    reportedAt = clock.steady();
    report?.({ bytes: done.bytes, files: done.files });
  };
  const onBytes = (bytes: number): void => {
    done.bytes += bytes;
    done.copiedBytes += bytes;
    tell();
  };
  const rootFacts = await from.root();
  await makeFolder(to);
  const folders: SourceEntry[] = [];
  const linked = new Map<string, string>();
  const old = oldEntries(to, options);
  const copies = createInFlight(from.copiedAtOnce ?? copiedAtOnce);
  const copyOne = async (path: string, target: string, facts: FileFacts): Promise<void> => {
    if (await replaceUnless(target, (there) => isSameFile(there, facts))) done.bytes += Number(facts.size);
    else await from.copyFile(path, target, facts, { ...options, onBytes });
    done.files += 1;
    tell();
  };
  /** A running game may have taken something away since it was seen; the last, quiet run sees what is left. */
  const unlessGone = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      if (!(options.isLive && isFleeting(error))) throw error;
    }
  };
  try {
    for await (const entry of from.entries()) {
      const { path, type, facts } = entry;
      await old.removeBefore(path);
      const target = join(to, path);
      if (type === 'folder') {
        await replaceUnless(target, (there) => there.isDirectory());
        await makeFolder(target);
        folders.push(entry);
      } else if (type === 'link') {
        await unlessGone(copyLink(() => from.readLink(path), target, facts));
      } else if (type === 'file' && facts.nlink > 1n) {
        const key = `${facts.dev}:${facts.ino}`;
        const first = linked.get(key);
        await unlessGone(first === undefined ? copyOne(path, target, facts) : copyHardLink(first, target));
        if (first !== undefined) done.files += 1;
        else if (linked.size < mostLinked) linked.set(key, target);
      } else if (type === 'file') {
        await copies.add(() => unlessGone(copyOne(path, target, facts)));
      } else {
        done.skipped += 1;
      }
    }
    await copies.ended();
    await old.removeRest();
  } finally {
    await copies.ended().catch(() => undefined);
    await old.close();
  }
  // From the innermost outwards and after all else, because writing into a folder changes its time.
  for (const { path, facts } of folders.toReversed()) await giveFolder(join(to, path), facts);
  await giveFolder(to, rootFacts);
  await flush(to);
  report?.({ bytes: done.bytes, files: done.files });
  return done;
}

/** What an earlier run left in the copy, to be removed where the original has nothing of that name. */
function oldEntries(to: string, { signal }: WalkOptions) {
  const walk = walkTree(to, { isLive: true, ...(signal ? { signal } : {}) });
  let next: IteratorResult<TreeEntry> | undefined;
  // The names in a folder are read when the walk comes by it, which is before anything is copied into it.
  const removeUntil = async (orderOf: (path: string) => number): Promise<void> => {
    for (;;) {
      next ??= await walk.next();
      if (next.done === true) return;
      const { path } = next.value;
      const order = orderOf(path);
      if (order > 0) return;
      // Removing a folder takes what is in it along; the walk passes over what is gone.
      if (order < 0) await rm(join(to, path), { recursive: true, force: true });
      next = undefined;
    }
  };
  return {
    removeBefore: (path: string) => removeUntil((old) => comparePaths(old, path)),
    removeRest: () => removeUntil(() => -1),
    close: () => walk.return(undefined),
  };
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, 0o700);
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
    if (!(await lstat(path)).isDirectory()) throw new ZedopsError('CONFLICT', `${path} is not a folder`);
    // A copy that was cut off has given some folders their modes already.
    await chmod(path, 0o700);
  }
}

/** Leaves what is there if it is right, and says so; else makes room. */
async function replaceUnless(path: string, isRight: (there: BigIntStats) => boolean): Promise<boolean> {
  const there = await lstat(path, { bigint: true }).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!there) return false;
  if (isRight(there)) return true;
  if (there.isDirectory()) await rm(path, { recursive: true, force: true });
  else await unlink(path);
  return false;
}

function isSameFile(there: BigIntStats, wanted: FileFacts): boolean {
  return (
    there.isFile() &&
    there.size === wanted.size &&
    isSameTime(there.mtimeNs, wanted.mtimeNs) &&
    there.mode === wanted.mode &&
    there.uid === wanted.uid &&
    there.gid === wanted.gid &&
    there.nlink > 1n === wanted.nlink > 1n
  );
}

/** Times are given to a microsecond, with the rounding of a number that holds seconds since 1970. */
function isSameTime(a: bigint, b: bigint): boolean {
  return a - b < 2_000n && b - a < 2_000n;
}

/** Says whether an error means that something was taken away, or a link put in its place. */
function isFleeting(error: unknown): boolean {
  return isMissing(error) || systemErrorCode(error) === 'ELOOP';
}

async function copyLink(read: () => Promise<string>, target: string, stats: FileFacts): Promise<void> {
  await replaceUnless(target, () => false);
  await symlink(await read(), target);
  await lchown(target, Number(stats.uid), Number(stats.gid));
  await lutimes(target, secondsOf(stats.atimeNs), secondsOf(stats.mtimeNs));
}

async function copyHardLink(first: string, target: string): Promise<void> {
  const { ino } = await lstat(first, { bigint: true });
  if (!(await replaceUnless(target, (there) => there.ino === ino))) await link(first, target);
}

async function giveFolder(path: string, stats: FileFacts): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await giveAttributes(folder, stats);
  } finally {
    await folder.close();
  }
}

/** Waits until the file system of a folder has written all it holds: one wait instead of one for each of many files. */
async function flush(path: string): Promise<void> {
  try {
    await run('sync', ['-f', path]);
  } catch (error) {
    if (!isMissing(error)) throw error;
    for await (const entry of walkTree(path)) if (entry.stats.isFile()) await flushFile(join(path, entry.path));
  }
}

async function flushFile(path: string): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function translated(cause: unknown, to: string): unknown {
  switch (systemErrorCode(cause)) {
    case 'EPERM':
    case 'EACCES':
      return new ZedopsError('FORBIDDEN', `The agent may not copy all of it to ${to}: ${messageOf(cause)}`, {
        hint: 'an agent that runs as root can keep every file’s owner',
        cause,
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return new ZedopsError('CONFLICT', `The disk of ${to} is full`, { hint: 'make room and try again', cause });
    case 'ELOOP':
      return new ZedopsError('CONFLICT', `A symbolic link came in the way of the copy: ${messageOf(cause)}`, { cause });
    default:
      return cause;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
