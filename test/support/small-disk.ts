import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** A file system of its own that is soon full. */
export interface SmallDisk {
  readonly folder: string;
  /** Takes all the room that is left. */
  fill(): Promise<void>;
  /** Gives the room back. */
  empty(): Promise<void>;
  dispose(): Promise<void>;
}

const filler = 'filler';

/** Mounts a file system of so many megabytes. Only root can. */
export async function createSmallDisk(megabytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'zedops-disk-'));
  await execa('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'zedops-test', folder]);
  return {
    folder,
    async fill() {
      const file = await open(join(folder, filler), 'a');
      try {
        for (const size of [1024 * 1024, 4096, 1]) {
          const block = Buffer.alloc(size);
          while ((await written(file.write(block))) === size);
        }
      } finally {
        await file.close();
      }
    },
    empty: () => rm(join(folder, filler), { force: true }),
    async dispose() {
      await execa('umount', ['--lazy', folder]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Bytes that found room. */
async function written(writing: Promise<{ readonly bytesWritten: number }>): Promise<number> {
  try {
    return (await writing).bytesWritten;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return 0;
    throw error;
  }
}
