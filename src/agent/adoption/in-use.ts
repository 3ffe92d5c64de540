import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { isWithin } from './folders.ts';

/**
 * Refuses folders in which a process of this host works or has a file open: a game that runs without a container. What
 * runs in one sees other paths; containers are looked at by what they mount. Processes this agent may not look into are
 * passed over.
 * @throws ZedopsError CONFLICT naming the process.
 */
export async function refuseBusy(folders: readonly string[]): Promise<void> {
  for (const pid of await namesIn('/proc')) {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) continue;
    const open = (await namesIn(join('/proc', pid, 'fd'))).map((file) => join('/proc', pid, 'fd', file));
    for (const link of [join('/proc', pid, 'cwd'), ...open]) {
      const path = await unlessGone(readlink(link));
      const folder = path && folders.find((one) => path === one || isWithin(path, one));
      if (!folder || !(await isSame(link, path))) continue;
      const name = (await unlessGone(readFile(join('/proc', pid, 'comm'), 'utf8')))?.trim() ?? 'unknown';
      throw new ZedopsError('CONFLICT', `The process ${pid} (${name}) works in ${folder}`, {
        hint: 'end it on the host first, with a save where it is a game',
      });
    }
  }
}

/** A process with a file system of its own may mean another file by the same path. */
async function isSame(link: string, path: string): Promise<boolean> {
  const [its, ours] = [await unlessGone(stat(link)), await unlessGone(stat(path))];
  return its !== undefined && its.dev === ours?.dev && its.ino === ours.ino;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await unlessGone(readdir(folder))) ?? [];
}

/** Processes come and go, and some are nobody’s business. */
async function unlessGone<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  try {
    return await asked;
  } catch (error) {
    const code = systemErrorCode(error) ?? '';
    if (isMissing(error) || ['EACCES', 'EPERM', 'ESRCH', 'EINVAL'].includes(code)) return undefined;
    throw error;
  }
}
