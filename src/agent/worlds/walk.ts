import { isUtf8 } from 'node:buffer';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import { ZedopsError } from '../../protocol/errors.ts';

/** One thing in a tree, as `lstat` sees it: links are never followed. */
export interface TreeEntry {
  /** Below the tree's root, with `/` between its parts. Never empty, absolute or with `..` in it. */
  readonly path: string;
  readonly stats: BigIntStats;
}

/** How a tree is walked. */
export interface WalkOptions {
  readonly signal?: AbortSignal;
  /** True for a tree that a running game changes: what is gone by the time it is looked at is passed over. */
  readonly isLive?: boolean;
}

/**
 * Walks all that is below a folder, each folder before what is in it, in the order of {@link comparePaths}. Holds the
 * names of one folder for each level in memory, and gives way to other work at every entry.
 * @throws ZedopsError NOT_FOUND where the root is no folder, UNSUPPORTED for a name that is not UTF-8.
 */
export async function* walkTree(root: string, options: WalkOptions = {}): AsyncGenerator<TreeEntry> {
  const there = await lstat(root).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!there?.isDirectory()) throw new ZedopsError('NOT_FOUND', `${root} is not a folder`);
  yield* walkFolder(root, '', options);
}

/** The order in which {@link walkTree} tells entries: part by part, so that a folder comes before what is in it. */
export function comparePaths(a: string, b: string): number {
  if (a === b) return 0;
  const left = a.split('/');
  const right = b.split('/');
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (part !== other) return part < other ? -1 : 1;
  }
  return -1;
}

async function* walkFolder(root: string, folder: string, options: WalkOptions): AsyncGenerator<TreeEntry> {
  const { signal, isLive = false } = options;
  for (const name of await namesIn(join(root, folder), isLive)) {
    signal?.throwIfAborted();
    const path = folder === '' ? name : `${folder}/${name}`;
    const stats = await lstat(join(root, path), { bigint: true }).catch((error: unknown) => {
      if (isLive && isMissing(error)) return undefined;
      throw error;
    });
    if (!stats) continue;
    yield { path, stats };
    if (stats.isDirectory()) yield* walkFolder(root, path, options);
  }
}

async function namesIn(folder: string, isLive: boolean): Promise<readonly string[]> {
  let names: Buffer[];
  try {
    names = await readdir(folder, { encoding: 'buffer' });
  } catch (error) {
    if (isLive && (isMissing(error) || systemErrorCode(error) === 'ENOTDIR')) return [];
    throw error;
  }
  const odd = names.find((name) => !isUtf8(name));
  if (odd) {
    throw new ZedopsError(
      'UNSUPPORTED',
      `${folder} has a name that is not UTF-8: ${JSON.stringify(odd.toString('latin1'))}`,
      { hint: 'rename it on the host' },
    );
  }
  return names.map((name) => name.toString('utf8')).sort();
}
