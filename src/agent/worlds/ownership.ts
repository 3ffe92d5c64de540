import { constants } from 'node:fs';
import { open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { isMissing, systemErrorCode, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';

/** Beside a server's volumes: says whose folder it is, so that nobody removes another's world by a name that is the same. */
export const ownerFile = '.zedops-server.json';

const readable = 0o644;
const longestFile = 256 * 1024;

const Owner = z.object({ server: z.string(), name: z.string() });

/** Whose folder is whose. */
export type Named = Pick<DesiredServer, 'id' | 'name'>;

/**
 * Says in a server's folder that it is its own. Says whether it had to be said now.
 * @throws ZedopsError CONFLICT where it belongs to another server that this host knows.
 */
export async function claimFolder(
  folder: string,
  { id, name }: Named,
  isKnown: (id: string) => boolean,
): Promise<boolean> {
  const owner = await ownerOf(folder);
  if (owner === id) return false;
  if (owner !== undefined && isKnown(owner)) {
    throw new ZedopsError('CONFLICT', `${folder} belongs to another server of this host, with the id ${owner}`, {
      hint: 'zedops server list --deleted',
    });
  }
  await writeAtomically(join(folder, ownerFile), `${JSON.stringify({ server: id, name })}\n`, readable);
  return true;
}

/** Takes back what {@link claimFolder} said. */
export async function disclaimFolder(folder: string): Promise<void> {
  try {
    await unlink(join(folder, ownerFile));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Says whether a folder is a server's own: by its mark, or, for one of before there were marks, by its compose file. */
export async function isOwnFolder(folder: string, id: string): Promise<boolean> {
  const owner = await ownerOf(folder);
  if (owner !== undefined) return owner === id;
  const compose = await readRealFile(join(folder, 'compose.yaml'));
  if (compose === undefined || !/^[A-Za-z0-9_-]{1,64}$/.test(id)) return false;
  return new RegExp(`^ +"?zedops\\.server\\.id"?: "?${id}"?$`, 'm').test(compose);
}

/** The id in a folder's mark; undefined where there is none. A mark that cannot be read is nobody's. */
async function ownerOf(folder: string): Promise<string | undefined> {
  const text = await readRealFile(join(folder, ownerFile));
  if (text === undefined) return undefined;
  try {
    return Owner.parse(JSON.parse(text)).server;
  } catch {
    return '';
  }
}

/** A small text file, read through no link; undefined where there is none, or what is there is no such file. */
async function readRealFile(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const there = await file.stat();
      if (!there.isFile() || there.size > longestFile) return undefined;
      return await readFile(file, 'utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error) || systemErrorCode(error) === 'ELOOP' || systemErrorCode(error) === 'ENOTDIR')
      return undefined;
    throw error;
  }
}
