import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, systemErrorCode } from '../../platform/atomic-file.ts';
import { itemIds } from '../../zomboid/item-scripts.ts';

const mostFiles = 3000;
const mostFileBytes = 4 * 1024 * 1024;
const mostBytes = 128 * 1024 * 1024;
const deepest = 6;
const longestId = 128;

/** How much of the scripts may still be read. */
interface Budget {
  files: number;
  bytes: number;
}

/**
 * The ids of the items in `media/scripts` of a folder into which the game was installed, at most `most`, sorted.
 * Undefined where there is no such folder. No link is followed; what is too large or too deep is left out.
 */
export async function readItems(install: string, most: number): Promise<readonly string[] | undefined> {
  const scripts = join(install, 'media', 'scripts');
  for (const folder of [install, join(install, 'media'), scripts]) {
    if (!(await isFolder(folder))) return undefined;
  }
  const ids = new Set<string>();
  await readFolder(scripts, 0, { files: mostFiles, bytes: mostBytes }, (id) => {
    if (ids.size < most && id.length <= longestId) ids.add(id);
  });
  return [...ids].sort();
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function readFolder(folder: string, depth: number, budget: Budget, found: (id: string) => void): Promise<void> {
  if (depth > deepest) return;
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await readFolder(path, depth + 1, budget, found);
    else if (entry.isFile() && entry.name.endsWith('.txt') && budget.files > 0) {
      budget.files -= 1;
      const text = await readText(path, Math.min(mostFileBytes, budget.bytes));
      budget.bytes -= text.length;
      for (const id of itemIds(text)) found(id);
    }
  }
}

/** The text of a file; empty for one that is too large, or that has become a link meanwhile. */
async function readText(path: string, mostBytesOfFile: number): Promise<string> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > mostBytesOfFile) return '';
      const content = Buffer.alloc(stats.size);
      const { bytesRead } = await file.read(content, 0, stats.size, 0);
      return content.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error) || systemErrorCode(error) === 'ELOOP') return '';
    throw error;
  }
}
