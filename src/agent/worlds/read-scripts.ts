import { constants, type Dirent } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import { itemIds } from '../../zomboid/world/item-scripts.ts';

const mostFiles = 3000;
const mostFileBytes = 4 * 1024 * 1024;
const mostBytes = 128 * 1024 * 1024;
const deepest = 6;
const longestId = 128;

/** How much of scripts may still be read. */
export interface ScriptBudget {
  files: number;
  bytes: number;
}

/** What may be read of scripts where nothing was read yet. */
export function scriptBudget(): ScriptBudget {
  return { files: mostFiles, bytes: mostBytes };
}

/**
 * Reads the ids of the items in `media/scripts` of a folder, as far as the budget goes; false where there is no such
 * folder. No link is followed; what is too large or too deep is left out.
 */
export async function readScripts(folder: string, budget: ScriptBudget, found: (id: string) => void): Promise<boolean> {
  const scripts = join(folder, 'media', 'scripts');
  for (const path of [folder, join(folder, 'media'), scripts]) if (!(await isFolder(path))) return false;
  await readBelow(scripts, 0, budget, (id) => {
    if (id.length <= longestId) found(id);
  });
  return true;
}

/** Says whether there is a folder, and no link to one. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error) || systemErrorCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}

/** What is in a folder, by name; nothing where there is none, or a link. */
export async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  if (!(await isFolder(folder))) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The bytes of a file; undefined where there is none, it is larger than `most`, or has become a link meanwhile. */
export async function readSmall(path: string, most: number): Promise<Buffer | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > most) return undefined;
      const content = Buffer.alloc(stats.size);
      const { bytesRead } = await file.read(content, 0, stats.size, 0);
      return content.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error) || ['ELOOP', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}

async function readBelow(
  folder: string,
  depth: number,
  budget: ScriptBudget,
  found: (id: string) => void,
): Promise<void> {
  if (depth > deepest) return;
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await readBelow(path, depth + 1, budget, found);
    else if (entry.isFile() && entry.name.endsWith('.txt') && budget.files > 0) {
      budget.files -= 1;
      const content = await readSmall(path, Math.min(mostFileBytes, budget.bytes));
      budget.bytes -= content?.length ?? 0;
      for (const id of itemIds(content?.toString('utf8') ?? '')) found(id);
    }
  }
}
