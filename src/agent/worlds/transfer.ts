import { rename, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { makePrivateFolder, syncFolder } from '../../platform/files/atomic-file.ts';
import type { Step } from '../../protocol/entities/job.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { type CopyResult, copyTree } from './copy-tree.ts';
import { compareManifests, type Difference, manifestOf, readManifest, writeManifest } from './manifest.ts';
import { isThere } from './placements.ts';
import { walkTree } from './walk.ts';

/** What a transfer of a server's folder is about. */
export interface Transfer {
  readonly from: string;
  /** A folder in the making beside the place it goes to; see {@link arrivingFolder}. */
  readonly to: string;
  /** Where its manifests are kept meanwhile. */
  readonly work: string;
  readonly clock: Clock;
  readonly report: (step: Step) => void;
  readonly signal: AbortSignal;
}

const mostDifferences = 5;
const mebibyte = 1024 ** 2;

/** Where a folder is put together before it takes its place. No server's name has a dot in it. */
export function arrivingFolder(folder: string): string {
  return `${folder}.arriving`;
}

/** Copies what there is while the game may be writing to it, and notes what was copied, so that the rest is quick. */
export async function copyWhileLive(transfer: Transfer): Promise<CopyResult> {
  await makePrivateFolder(transfer.work);
  const result = await copy(transfer, 'copying the world', true);
  transfer.report({ step: 'reading the copy back' });
  await describe(transfer, 'from', true);
  await describe(transfer, 'to', false);
  return result;
}

/**
 * Copies what is still missing from a folder nobody writes to, and reads both back.
 * @throws ZedopsError CONFLICT naming what is not the same.
 */
export async function copyAndCompare(transfer: Transfer): Promise<CopyResult> {
  await makePrivateFolder(transfer.work);
  const result = await copy(transfer, 'copying what is left', false);
  transfer.report({ step: 'comparing the copy with the original' });
  await describe(transfer, 'from', false);
  await describe(transfer, 'to', false);
  const found: Difference[] = [];
  const { from, to } = manifestFiles(transfer);
  for await (const difference of compareManifests(readManifest(from), readManifest(to))) {
    found.push(difference);
    if (found.length === mostDifferences) break;
  }
  if (found.length === 0) return result;
  const list = found.map(({ path, what }) => `${JSON.stringify(path)} (${what})`).join(', ');
  throw new ZedopsError('CONFLICT', `The copy of ${transfer.from} is not the same: ${list}`, {
    hint: 'something else wrote to it; end that and try again',
  });
}

/** Says whether two folders are on one file system. */
export async function isSameDisk(one: string, other: string): Promise<boolean> {
  return (await stat(one)).dev === (await stat(other)).dev;
}

/** Renames a folder so that a power cut does not undo it. */
export async function renameFolder(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
}

/** Makes sure that a copy has room. What an earlier run has copied counts. @throws ZedopsError CONFLICT with both sizes. */
export async function refuseWithoutRoom(from: string, to: string, signal: AbortSignal): Promise<void> {
  const needed = (await bytesOnDisk(from, signal)) - ((await isThere(to)) ? await bytesOnDisk(to, signal) : 0);
  const { bavail, bsize } = await statfs(dirname(to));
  const free = bavail * bsize;
  if (needed <= free) return;
  throw new ZedopsError(
    'CONFLICT',
    `${dirname(to)} has ${Math.floor(free / mebibyte)} MiB free, and ${from} needs ${Math.ceil(needed / mebibyte)} MiB`,
    { hint: 'make room there, or choose another data root' },
  );
}

async function copy({ from, to, clock, report, signal }: Transfer, step: string, isLive: boolean): Promise<CopyResult> {
  const total = await bytesIn(from, signal);
  report({ step });
  return copyTree(from, to, {
    clock,
    signal,
    isLive,
    report: ({ bytes, files }) =>
      report({
        step: `${step}: ${files} files, ${Math.round(bytes / mebibyte)} of ${Math.round(total / mebibyte)} MiB`,
        ...(total === 0 ? {} : { percent: Math.min(100, Math.round((bytes / total) * 100)) }),
      }),
  });
}

/** Writes the manifest of one side; what has not changed since the last one is not read again. */
async function describe(transfer: Transfer, side: 'from' | 'to', isLive: boolean): Promise<void> {
  const file = manifestFiles(transfer)[side];
  const next = `${file}.next`;
  const known = (await isThere(file)) ? { known: readManifest(file) } : {};
  await writeManifest(next, manifestOf(transfer[side], { isLive, signal: transfer.signal, ...known }));
  await rename(next, file);
}

function manifestFiles({ work }: Transfer): { readonly from: string; readonly to: string } {
  return { from: join(work, 'from.jsonl'), to: join(work, 'to.jsonl') };
}

async function bytesIn(folder: string, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  for await (const { stats } of walkTree(folder, { signal, isLive: true })) {
    if (stats.isFile()) bytes += Number(stats.size);
  }
  return bytes;
}

async function bytesOnDisk(folder: string, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  for await (const { stats } of walkTree(folder, { signal, isLive: true })) bytes += Number(stats.blocks) * 512;
  return bytes;
}
