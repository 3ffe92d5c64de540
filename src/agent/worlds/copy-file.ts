import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** What is told of a file while it is copied. */
export interface FileCopyOptions {
  readonly signal?: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

/** What a copy of something is made from besides its content. */
export type FileFacts = Pick<
  BigIntStats,
  'mode' | 'uid' | 'gid' | 'size' | 'blocks' | 'nlink' | 'dev' | 'ino' | 'atimeNs' | 'mtimeNs'
>;

/** Most files of a world are small: a large buffer for each of them would cost more than reading them. */
const bufferBytes = { least: 16 * 1024, most: 1024 * 1024 };
const holeBytes = 64 * 1024;
const zeros = Buffer.alloc(holeBytes);

/**
 * Copies one file with its owner, mode and times to where nothing is yet. Its time comes last, so that a copy that was
 * cut off never looks whole. Where the original has holes, blocks of zeros become holes.
 */
export async function copyFile(
  from: string,
  to: string,
  stats: FileFacts,
  { signal, onBytes }: FileCopyOptions,
): Promise<void> {
  const source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const buffer = Buffer.allocUnsafe(bufferLength(stats.size));
    const read: ReadAt = async (at) => {
      const { bytesRead } = await source.read(buffer, 0, buffer.length, at);
      return buffer.subarray(0, bytesRead);
    };
    await makeFile(to, stats, read, { ...(signal ? { signal } : {}), onBytes });
  } finally {
    await source.close();
  }
}

/** Reads a piece of a file from `at` on; an empty one where the file ends. */
export type ReadAt = (at: number) => Promise<Buffer>;

/** Makes a file of what `read` gives, where nothing is yet, as {@link copyFile} does. */
export async function makeFile(
  to: string,
  facts: FileFacts,
  read: ReadAt,
  { signal, onBytes }: FileCopyOptions,
): Promise<void> {
  const target = await open(to, 'wx', 0o600);
  try {
    const isSparse = facts.blocks * 512n < facts.size;
    const size = await copyContent(read, target, isSparse, { ...(signal ? { signal } : {}), onBytes });
    // A hole at the end was not written.
    if (isSparse) await target.truncate(size);
    await giveAttributes(target, facts);
  } finally {
    await target.close();
  }
}

/** Permission bits of something, as `chmod` takes them. */
export function modeOf(stats: Pick<FileFacts, 'mode'>): number {
  return Number(stats.mode & 0o7777n);
}

/** Gives an open file or folder the owner, mode and time of another. The owner comes first: it clears set-id bits. */
export async function giveAttributes(target: FileHandle, stats: FileFacts): Promise<void> {
  const now = await target.stat();
  const uid = Number(stats.uid);
  const gid = Number(stats.gid);
  if (now.uid !== uid || now.gid !== gid) await target.chown(uid, gid);
  await target.chmod(modeOf(stats));
  await target.utimes(secondsOf(stats.atimeNs), secondsOf(stats.mtimeNs));
}

/** Seconds since 1970 as `utimes` takes them; good to a microsecond. */
export function secondsOf(nanoseconds: bigint): number {
  return Number(nanoseconds / 1000n) / 1e6;
}

/** Bytes of a buffer that is worth its while for a file of that size. */
export function bufferLength(size: bigint): number {
  return Math.max(bufferBytes.least, Math.min(bufferBytes.most, Number(size) + 1));
}

async function copyContent(
  read: ReadAt,
  target: FileHandle,
  isSparse: boolean,
  { signal, onBytes }: FileCopyOptions,
): Promise<number> {
  let at = 0;
  for (;;) {
    signal?.throwIfAborted();
    const part = await read(at);
    if (part.length === 0) return at;
    for (const { start, end } of isSparse ? filledParts(part, part.length) : [{ start: 0, end: part.length }]) {
      await writeAll(target, part.subarray(start, end), at + start);
    }
    at += part.length;
    onBytes(part.length);
  }
}

/** The parts of a buffer, in blocks of 64 KiB, that are not all zeros. */
function filledParts(buffer: Buffer, length: number): { readonly start: number; readonly end: number }[] {
  const parts: { start: number; end: number }[] = [];
  for (let start = 0; start < length; start += holeBytes) {
    const end = Math.min(start + holeBytes, length);
    if (buffer.compare(zeros, 0, end - start, start, end) !== 0) parts.push({ start, end });
  }
  return parts;
}

async function writeAll(target: FileHandle, part: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < part.length) {
    const { bytesWritten } = await target.write(part, done, part.length - done, position + done);
    done += bytesWritten;
  }
}
