import { stat, statfs } from 'node:fs/promises';
import type { Clock } from '../../platform/clock.ts';
import { systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { DiskMetrics } from '../../protocol/entities/metrics.ts';

type Folder = DiskMetrics['folders'][number];

/** Room on one file system, and which one it is. */
export interface DiskRoom {
  readonly device: number;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** What {@link createDiskGauge} needs. */
export interface DiskGaugeDeps {
  readonly folders: () => Promise<readonly Folder[]>;
  readonly clock: Clock;
  /** Asks the system, as {@link roomOf}. */
  readonly ask?: (path: string) => Promise<DiskRoom | undefined>;
}

/** A question that takes longer is left alone. */
const answerMs = 2_000;
/**
 * Questions without an answer at a time. Each keeps one of the few threads by which this process reads files for as long
 * as its mount hangs, so that no third is asked.
 */
const mostUnanswered = 2;

/** Tells how full the disks of some folders are, also where one of them is a network mount that hangs. */
export function createDiskGauge({ folders, clock, ask = roomOf }: DiskGaugeDeps): () => Promise<DiskMetrics[]> {
  const unanswered = new Set<string>();

  const within = async (path: string): Promise<DiskRoom | 'no-answer' | undefined> => {
    if (unanswered.has(path) || unanswered.size >= mostUnanswered) return 'no-answer';
    unanswered.add(path);
    const asking = ask(path).finally(() => unanswered.delete(path));
    const late = Promise.withResolvers<'no-answer'>();
    const takeBack = clock.after(answerMs, () => late.resolve('no-answer'));
    // An answer that comes after all is not waited for; whether it is an error is of no interest then.
    asking.catch(() => undefined);
    return Promise.race([asking, late.promise]).finally(takeBack);
  };

  return async () => {
    const rows = new Map<string, DiskMetrics>();
    // One after the other, so that only those that hang are without an answer.
    for (const folder of await folders()) {
      const room = await within(folder.path);
      if (room === undefined) continue;
      const key = room === 'no-answer' ? folder.path : `device ${room.device}`;
      const before = rows.get(key);
      rows.set(key, {
        folders: [...(before?.folders ?? []), folder],
        ...(room === 'no-answer'
          ? { problem: 'its file system does not answer' }
          : { totalBytes: room.totalBytes, freeBytes: room.freeBytes }),
      });
    }
    return [...rows.values()];
  };
}

/** Asks the system for the room where a folder is; undefined where the folder is not there, or not for this user. */
async function roomOf(path: string): Promise<DiskRoom | undefined> {
  try {
    const { dev } = await stat(path);
    const { bavail, blocks, bsize } = await statfs(path);
    return { device: dev, totalBytes: blocks * bsize, freeBytes: bavail * bsize };
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}
