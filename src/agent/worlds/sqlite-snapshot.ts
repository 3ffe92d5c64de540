import { type BigIntStats, constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { ZedopsError } from '../../protocol/errors.ts';
import { giveAttributes } from './copy-file.ts';
import { walkTree } from './walk.ts';

const magic = Buffer.from('SQLite format 3\0', 'latin1');
/** Offset 18 of the header: 1 for a rollback journal, 2 for a write-ahead log. Source: sqlite.org/fileformat.html, 1.3.3. */
const versionOffset = 18;
const rollbackJournal = 1;
const busyMs = 10_000;

/**
 * Puts consistent copies of a running game's SQLite databases in the place of those that were copied as files. Databases
 * with a write-ahead log stay as they were copied, with the log beside them: reading them in another way would leave
 * files of the agent's in the game's folder.
 * @throws ZedopsError CONFLICT where a database cannot be read.
 */
export async function copySnapshots(from: string, to: string, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const { path, stats } of walkTree(from, { signal, isLive: true })) {
    if (!stats.isFile() || !path.endsWith('.db')) continue;
    if (!(await hasRollbackJournal(join(from, path)))) continue;
    await snapshot(join(from, path), join(to, path), stats);
    count += 1;
  }
  return count;
}

async function hasRollbackJournal(place: string): Promise<boolean> {
  const file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const header = Buffer.alloc(versionOffset + 2);
    const { bytesRead } = await file.read(header, 0, header.length, 0);
    const isSqlite = bytesRead === header.length && header.subarray(0, magic.length).equals(magic);
    return isSqlite && header[versionOffset] === rollbackJournal;
  } finally {
    await file.close();
  }
}

async function snapshot(from: string, to: string, stats: BigIntStats): Promise<void> {
  await rm(to, { force: true });
  // The journal that was copied belongs to the file that was copied.
  await rm(`${to}-journal`, { force: true });
  try {
    const database = new DatabaseSync(from, { readOnly: true, timeout: busyMs });
    try {
      await backup(database, to);
    } finally {
      database.close();
    }
  } catch (cause) {
    throw new ZedopsError('CONFLICT', `The database ${from} could not be copied while the game runs`, {
      hint: 'stop the server and try again',
      cause,
    });
  }
  const file = await open(to, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    await giveAttributes(file, stats);
    await file.sync();
  } finally {
    await file.close();
  }
}
