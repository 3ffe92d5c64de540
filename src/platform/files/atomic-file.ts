import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { ZedopsError } from '../../protocol/errors.ts';

/** Mode of files that hold secrets or state: the owner alone. */
export const privateFile = 0o600;

/** Mode of folders that hold secrets or state. */
export const privateFolder = 0o700;

/**
 * Writes a file so that a reader, or a power cut, finds the old content or the new, never a part: temporary file beside
 * it, fsync, rename, fsync of the folder.
 * @throws ZedopsError CONFLICT naming the folder whose disk is full.
 */
export async function writeAtomically(path: string, content: string | Buffer, mode = privateFile): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw isFull(error) ? noRoom(dirname(path), error) : error;
  }
  await syncFolder(dirname(path));
}

/** {@link writeAtomically} for the few places that may not wait, such as an exit handler. */
export function writeAtomicallySync(path: string, content: string, mode = privateFile): void {
  const temporary = temporaryBeside(path);
  const file = openSync(temporary, 'wx', mode);
  try {
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
}

/** Makes a folder for state, with its parents, readable by the owner alone. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: privateFolder });
}

/** The content of a text file, or undefined where there is none. Other errors are thrown. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Says whether a file system error means that nothing is there. */
export function isMissing(error: unknown): boolean {
  return systemErrorCode(error) === 'ENOENT';
}

/** The `code` of a Node system error, such as `EACCES`; undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function isFull(error: unknown): boolean {
  const code = systemErrorCode(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

function noRoom(folder: string, cause: unknown): ZedopsError {
  return new ZedopsError('CONFLICT', `No room is left on the disk of ${folder} on ${hostname()}`, {
    hint: `free some space there, then try again; df -h ${folder} shows what there is`,
    cause,
  });
}

function temporaryBeside(path: string): string {
  return join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`);
}

/** Waits until the names in a folder are on disk: a rename that a power cut must not undo. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
