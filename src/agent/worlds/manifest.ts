import { createHash } from 'node:crypto';
import { type BigIntStats, constants, createReadStream } from 'node:fs';
import { open, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { bufferLength, modeOf } from './copy-file.ts';
import { comparePaths, type WalkOptions, walkTree } from './walk.ts';

/** One line of a manifest: what one thing in a tree is, so that two trees can be told to be the same. */
export const ManifestEntry = z.object({
  /** Below the tree's root, with `/` between its parts. */
  path: z.string().min(1).max(4096),
  type: z.enum(['file', 'folder', 'link']),
  /** Permission bits with set-id and sticky bits. */
  mode: z.int().min(0).max(0o7777),
  uid: z.int().min(0),
  gid: z.int().min(0),
  /** Bytes; of files only. */
  size: z.int().min(0).optional(),
  /** Milliseconds since 1970. */
  mtimeMs: z.number(),
  /** True for a file with further names, and for one with holes in it. */
  linked: z.literal(true).optional(),
  sparse: z.literal(true).optional(),
  /** Where a link points, as it is written. */
  target: z.string().optional(),
  /** SHA-256 of a file's content, in hexadecimal. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Changes when the file may have: inode and change time. Means something in one tree only. */
  stamp: z.string().optional(),
});
export type ManifestEntry = z.infer<typeof ManifestEntry>;

/** A way in which one tree is not as another. */
export interface Difference {
  readonly path: string;
  /** `missing`: only in the first; `extra`: only in the second; else the field that differs. */
  readonly what: 'missing' | 'extra' | 'type' | 'mode' | 'owner' | 'size' | 'target' | 'content';
}

/** How a manifest is made. */
export interface ManifestOptions extends WalkOptions {
  /** An earlier manifest of the same tree: files that did not change since are not read again. */
  readonly known?: AsyncIterable<ManifestEntry>;
  /** Told of the bytes of each file that is done, hashed or known. */
  readonly onBytes?: (bytes: number) => void;
}

/** Characters of a line of a manifest file: a longest path, each of it escaped, and the rest. */
const longestLine = 64 * 1024;

/**
 * Tells what is in a tree, with the hash of each file, in the order of the walk. Sockets, pipes and devices are left out:
 * they hold nothing.
 */
export async function* manifestOf(root: string, options: ManifestOptions = {}): AsyncGenerator<ManifestEntry> {
  const known = options.known?.[Symbol.asyncIterator]();
  let before = await known?.next();
  try {
    for await (const { path, stats } of walkTree(root, options)) {
      const type = typeOf(stats);
      if (type === undefined) continue;
      while (before?.done === false && comparePaths(before.value.path, path) < 0) before = await known?.next();
      const same = before?.done === false && before.value.path === path ? before.value : undefined;
      const entry = await describe(join(root, path), path, { type, stats, same, options });
      if (!entry) continue;
      options.onBytes?.(entry.size ?? 0);
      yield entry;
    }
  } finally {
    await known?.return?.();
  }
}

/** Writes a manifest as JSON lines, readable by the owner alone, and resolves when it is on disk. */
export async function writeManifest(file: string, entries: AsyncIterable<ManifestEntry>): Promise<void> {
  const output = await open(file, 'w', 0o600);
  try {
    let lines: string[] = [];
    for await (const entry of entries) {
      lines.push(`${JSON.stringify(entry)}\n`);
      if (lines.length < 500) continue;
      await output.appendFile(lines.join(''));
      lines = [];
    }
    await output.appendFile(lines.join(''));
    await output.sync();
  } finally {
    await output.close();
  }
}

/** Reads a manifest file a line at a time. @throws ZedopsError CONFLICT for a line that cannot be read. */
export async function* readManifest(file: string): AsyncGenerator<ManifestEntry> {
  let rest = '';
  for await (const chunk of createReadStream(file, 'utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield parseLine(line, file);
    if (rest.length > longestLine) parseLine(rest, file);
  }
  if (rest !== '') parseLine(rest, file);
}

/** Tells in what ways the second tree is not as the first. Times are not compared: a game changes them by reading. */
export async function* compareManifests(
  first: AsyncIterable<ManifestEntry>,
  second: AsyncIterable<ManifestEntry>,
): AsyncGenerator<Difference> {
  const left = first[Symbol.asyncIterator]();
  const right = second[Symbol.asyncIterator]();
  try {
    let [a, b] = [await left.next(), await right.next()];
    while (a.done !== true || b.done !== true) {
      const order = a.done === true ? 1 : b.done === true ? -1 : comparePaths(a.value.path, b.value.path);
      if (order === 0 && a.done !== true && b.done !== true) {
        const what = differs(a.value, b.value);
        if (what !== undefined) yield { path: a.value.path, what };
      } else if (order < 0 && a.done !== true) {
        yield { path: a.value.path, what: 'missing' };
      } else if (b.done !== true) {
        yield { path: b.value.path, what: 'extra' };
      }
      if (order <= 0) a = await left.next();
      if (order >= 0) b = await right.next();
    }
  } finally {
    await left.return?.(undefined);
    await right.return?.(undefined);
  }
}

/** What of an entry kept is: undefined for what is neither file, folder nor link. */
export function typeOf(stats: BigIntStats): ManifestEntry['type'] | undefined {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? 'link' : undefined;
}

interface Described {
  readonly type: ManifestEntry['type'];
  readonly stats: BigIntStats;
  readonly same: ManifestEntry | undefined;
  readonly options: ManifestOptions;
}

/** One entry; undefined where a running game has taken it away meanwhile. */
async function describe(
  place: string,
  path: string,
  { type, stats, same, options }: Described,
): Promise<ManifestEntry | undefined> {
  const facts = {
    path,
    type,
    mode: modeOf(stats),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtimeMs: Number(stats.mtimeNs / 1_000n) / 1_000,
  };
  try {
    if (type === 'folder') return facts;
    if (type === 'link') return { ...facts, target: await readlink(place) };
    const size = Number(stats.size);
    const stamp = `${stats.ino}:${stats.ctimeNs}`;
    const known = same?.stamp === stamp && same.size === size ? same.sha256 : undefined;
    const kind = {
      ...(stats.nlink > 1n ? { linked: true as const } : {}),
      ...(stats.blocks * 512n < stats.size ? { sparse: true as const } : {}),
    };
    return { ...facts, ...kind, size, stamp, sha256: known ?? (await hashFile(place, stats.size, options.signal)) };
  } catch (error) {
    if (options.isLive && isMissing(error)) return undefined;
    throw error;
  }
}

/** SHA-256 of a file, in hexadecimal. A link in its place is refused. */
async function hashFile(place: string, size: bigint, signal: AbortSignal | undefined): Promise<string> {
  const file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW).catch((cause: unknown) => {
    if (systemErrorCode(cause) !== 'ELOOP') throw cause;
    throw new ZedopsError('CONFLICT', `${place} became a symbolic link while it was read`, { cause });
  });
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(bufferLength(size));
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

function differs(a: ManifestEntry, b: ManifestEntry): Difference['what'] | undefined {
  if (a.type !== b.type) return 'type';
  if (a.type === 'link' ? a.target !== b.target : a.mode !== b.mode) return a.type === 'link' ? 'target' : 'mode';
  if (a.uid !== b.uid || a.gid !== b.gid) return 'owner';
  if (a.size !== b.size) return 'size';
  return a.sha256 === b.sha256 ? undefined : 'content';
}

function parseLine(line: string, file: string): ManifestEntry {
  try {
    if (line.length > longestLine) throw new RangeError('too long');
    return ManifestEntry.parse(JSON.parse(line));
  } catch (cause) {
    throw new ZedopsError('CONFLICT', `The manifest ${file} has a line that cannot be read`, { cause });
  }
}
