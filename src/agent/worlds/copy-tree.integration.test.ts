import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, readFile, readlink, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { type CopyOptions, type CopyProgress, type CopyResult, copyTree } from './copy-tree.ts';
import { compareManifests, type Difference, manifestOf } from './manifest.ts';
import { makeBase, makeOddTree } from './tree-bed.ts';

const world = 'Saves/Multiplayer/alpha';

describe('the copy of a tree', () => {
  let bed: ReturnType<typeof makeBase>;
  let from: string;
  let to: string;
  const copy = (options: Partial<CopyOptions> = {}): Promise<CopyResult> =>
    copyTree(from, to, { clock: systemClock, ...options });

  beforeEach(async () => {
    bed = makeBase();
    from = join(bed.base, 'from');
    to = join(bed.base, 'to');
    await mkdir(from);
  });
  afterEach(() => bed.remove());

  it('keeps owners, modes, times, links, hard links and holes, and leaves out what holds nothing', async () => {
    await makeOddTree(from);
    expect(await copy()).toMatchObject({ skipped: 1 });
    expect(await differences(from, to)).toEqual([]);
    expect(await readlink(join(to, 'outside'))).toBe('/etc/passwd');
    expect((await lstat(join(to, 'inside'))).mtimeMs).toBe(1_000_000_000_500);
    expect(Math.abs((await stat(join(to, world, 'map_1_1.bin'))).mtimeMs - 1_400_000_000_123.456)).toBeLessThan(0.01);
    expect((await stat(join(to, world))).mtimeMs).toBe(1_300_000_000_000);
    expect((await stat(join(to, world, 'owned'))).ino).toBe((await stat(join(to, world, 'same'))).ino);
    const { size, blocks } = await stat(join(to, world, 'sparse'));
    expect(size).toBe(8_000_000);
    expect(blocks * 512).toBeLessThan(1_000_000);
  });

  it('copies only what differs when it is run again, and takes away what is gone', async () => {
    await makeOddTree(from);
    await copy();
    expect(await copy()).toMatchObject({ copiedBytes: 0 });
    await writeFile(join(from, world, 'map_1_1.bin'), 'CHUNK');
    await unlink(join(from, 'dangling'));
    await rm(join(from, 'closed'), { recursive: true });
    await writeFile(join(from, 'closed'), 'a file now');
    await unlink(join(from, world, 'odd'));
    await mkdir(join(from, world, 'odd'));
    await writeFile(join(from, world, 'odd', 'inner'), 'new');
    expect(await copy()).toMatchObject({ copiedBytes: 18 });
    expect(await differences(from, to)).toEqual([]);
  });

  it('goes on after it was cut off in the middle', async () => {
    await makeOddTree(from);
    await writeFile(join(from, world, 'large'), Buffer.alloc(8_000_000, 1));
    const ending = new AbortController();
    const reason = new ZedopsError('CANCELLED', 'enough');
    let now = 0;
    const clock = { ...systemClock, steady: () => (now += 1000) };
    const cut = copy({
      clock,
      signal: ending.signal,
      report: ({ bytes }) => bytes > 1_000_000 && ending.abort(reason),
    });
    await expect(cut).rejects.toBe(reason);
    expect(await differences(from, to)).toContainEqual({ path: `${world}/large`, what: 'mode' });
    await copy();
    expect(await differences(from, to)).toEqual([]);
  });

  it('never writes through a link that stands in the copy', async () => {
    const outside = join(bed.base, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'file'), 'precious');
    await mkdir(join(from, 'folder'));
    await writeFile(join(from, 'folder', 'file'), 'new');
    await writeFile(join(from, 'file'), 'new');
    await mkdir(to);
    await symlink(outside, join(to, 'folder'));
    await symlink(join(outside, 'file'), join(to, 'file'));
    await copy();
    expect(await readFile(join(outside, 'file'), 'utf8')).toBe('precious');
    expect(await differences(from, to)).toEqual([]);
    await rm(to, { recursive: true });
    await symlink(outside, to);
    await expect(copy()).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await readFile(join(outside, 'file'), 'utf8')).toBe('precious');
  });

  it('tells its progress by bytes, not by files', async () => {
    for (let folder = 0; folder < 10; folder += 1) {
      await mkdir(join(from, String(folder)));
      const files = Array.from({ length: 100 }, (_, index) => join(from, String(folder), String(index)));
      await Promise.all(files.map((file) => writeFile(file, 'chunk')));
    }
    const told: CopyProgress[] = [];
    let now = 0;
    // Three milliseconds for each look at the clock.
    const clock = { ...systemClock, steady: () => (now += 3) };
    const result = await copy({ clock, report: (progress) => told.push(progress) });
    expect(result).toMatchObject({ bytes: 5_000, files: 1_000, copiedBytes: 5_000 });
    expect(told.at(-1)).toEqual({ bytes: 5_000, files: 1_000 });
    expect(told.length).toBeLessThan(now / 250 + 2);
    expect(await differences(from, to)).toEqual([]);
  }, 60_000);

  it('refuses what is no folder', async () => {
    await writeFile(join(bed.base, 'file'), '');
    from = join(bed.base, 'file');
    await expect(copy()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(existsSync(to)).toBe(false);
    // Making so many files is what takes long on a slow disk.
  }, 90_000);

  it('takes up a folder it had closed already', async () => {
    await mkdir(join(from, 'inner'));
    await copy();
    await writeFile(join(from, 'inner', 'file'), 'x');
    await chmod(join(to, 'inner'), 0o500);
    await copy();
    expect(await differences(from, to)).toEqual([]);
  });
});

async function differences(a: string, b: string): Promise<Difference[]> {
  const found: Difference[] = [];
  for await (const difference of compareManifests(manifestOf(a), manifestOf(b))) found.push(difference);
  return found;
}
