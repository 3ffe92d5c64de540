import { appendFile, chmod, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  compareManifests,
  type Difference,
  type ManifestEntry,
  manifestOf,
  readManifest,
  writeManifest,
} from './manifest.ts';
import { makeBase, makeOddTree } from './tree-bed.ts';
import { comparePaths } from './walk.ts';

describe('a manifest', () => {
  let bed: ReturnType<typeof makeBase>;
  let tree: string;
  let file: string;

  beforeEach(async () => {
    bed = makeBase();
    tree = join(bed.base, 'tree');
    file = join(bed.base, 'manifest');
    await mkdir(tree);
  });
  afterEach(() => bed.remove());

  it('tells what everything is, and comes back from disk as it was', async () => {
    await makeOddTree(tree);
    const entries = await all(manifestOf(tree));
    await writeManifest(file, manifestOf(tree));
    expect(await all(readManifest(file))).toEqual(entries);
    const world = 'Saves/Multiplayer/alpha';
    expect(find(entries, 'outside')).toMatchObject({ type: 'link', target: '/etc/passwd' });
    expect(find(entries, `${world}/odd`)).toMatchObject({ type: 'file', mode: 0o4711, size: 1 });
    expect(find(entries, `${world}/owned`)).toMatchObject({ uid: 1234, gid: 2345 });
    expect(find(entries, 'closed')).toMatchObject({ type: 'folder', mode: 0o1500, uid: 1234 });
    expect(find(entries, `${world}/line\nfeed`).sha256).toHaveLength(64);
    expect(entries.map(({ path }) => path)).not.toContain('pipe');
    expect(entries.map(({ path }) => path)).toEqual(entries.map(({ path }) => path).toSorted(comparePaths));
  });

  it('is without a difference to itself, and names each there is', async () => {
    await writeFile(join(tree, 'a'), 'one');
    await writeFile(join(tree, 'b'), 'two');
    await writeFile(join(tree, 'c'), 'three');
    await symlink('a', join(tree, 'd'));
    await writeFile(join(tree, 'e'), 'five');
    await writeManifest(file, manifestOf(tree));
    expect(await differences(file, tree)).toEqual([]);
    await utimes(join(tree, 'e'), 1, 1);
    expect(await differences(file, tree)).toEqual([]);
    await rm(join(tree, 'a'));
    await writeFile(join(tree, 'b'), 'TWO');
    await chmod(join(tree, 'c'), 0o600);
    await rm(join(tree, 'd'));
    await symlink('b', join(tree, 'd'));
    await appendFile(join(tree, 'e'), '!');
    await writeFile(join(tree, 'new'), '');
    expect(await differences(file, tree)).toEqual([
      { path: 'a', what: 'missing' },
      { path: 'b', what: 'content' },
      { path: 'c', what: 'mode' },
      { path: 'd', what: 'target' },
      { path: 'e', what: 'size' },
      { path: 'new', what: 'extra' },
    ]);
  });

  it('sees a folder that stands where a file was', async () => {
    await writeFile(join(tree, 'a'), 'one');
    await writeFile(join(tree, 'a.b'), 'two');
    await writeManifest(file, manifestOf(tree));
    await rename(join(tree, 'a'), join(tree, 'z'));
    await mkdir(join(tree, 'a'));
    await rename(join(tree, 'z'), join(tree, 'a', 'z'));
    expect(await differences(file, tree)).toEqual([
      { path: 'a', what: 'type' },
      { path: 'a/z', what: 'extra' },
    ]);
  });

  it('takes the hash of what did not change from an earlier one, and of nothing else', async () => {
    await writeFile(join(tree, 'same'), 'one');
    await writeFile(join(tree, 'changed'), 'two');
    const before = await all(manifestOf(tree));
    await writeFile(join(tree, 'changed'), 'TWO');
    const marked = before.map((entry) => ({ ...entry, sha256: '0'.repeat(64) }));
    const after = await all(manifestOf(tree, { known: each(marked) }));
    expect(find(after, 'same').sha256).toBe('0'.repeat(64));
    expect(find(after, 'changed').sha256).not.toBe('0'.repeat(64));
  });

  it('refuses a file of another kind, and one that was cut off', async () => {
    await writeFile(file, 'not a manifest\n');
    await expect(all(readManifest(file))).rejects.toMatchObject({ code: 'CONFLICT' });
    await writeFile(file, '{"path":"a"');
    await expect(all(readManifest(file))).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

function differences(file: string, tree: string): Promise<Difference[]> {
  return all(compareManifests(readManifest(file), manifestOf(tree)));
}

function find(entries: readonly ManifestEntry[], path: string): ManifestEntry {
  const entry = entries.find((one) => one.path === path);
  if (!entry) throw new Error(`no ${path}`);
  return entry;
}
