import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** What is told of a file while it is copied. */
export interface FileCopyOptions {
  readonly signal?: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

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
  stats: BigIntStats,
  { signal, onBytes }: FileCopyOptions,
): Promise<void> {
  const source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const target = await open(to, 'wx', 0o600);
    try {
      const isSparse = stats.blocks * 512n < stats.size;
      const length = bufferLength(stats.size);
      const size = await copyContent(source, target, { isSparse, length }, { ...(signal ? { signal } : {}), onBytes });
      // A hole at the end was not written.
      if (isSparse) await target.truncate(size);
      await giveAttributes(target, stats);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Permission bits of something, as `chmod` takes them. */
export function modeOf(stats: BigIntStats): number {
  return Number(stats.mode & 0o7777n);
}

/** Gives an open file or folder the owner, mode and time of another. The owner comes first: it clears set-id bits. */
export async function giveAttributes(target: FileHandle, stats: BigIntStats): Promise<void> {
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
  source: FileHandle,
  target: FileHandle,
  { isSparse, length }: { readonly isSparse: boolean; readonly length: number },
  { signal, onBytes }: FileCopyOptions,
): Promise<number> {
  const buffer = Buffer.allocUnsafe(length);
  let at = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await source.read(buffer, 0, length, at);
    if (bytesRead === 0) return at;
    for (const { start, end } of isSparse ? filledParts(buffer, bytesRead) : [{ start: 0, end: bytesRead }]) {
      await writeAll(target, buffer.subarray(start, end), at + start);
    }
    at += bytesRead;
    onBytes(bytesRead);
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
