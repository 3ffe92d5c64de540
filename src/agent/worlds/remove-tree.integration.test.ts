import { link, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseMountPoints } from './mounts.ts';
import { removeTree, setAside } from './remove-tree.ts';

let base: string;
let folder: string;
let outside: string;
const quiet = { report: () => undefined, now: () => Date.now() };

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'zedops-remove-'));
  folder = join(base, 'root/alpha');
  outside = join(base, 'outside');
  await mkdir(join(folder, 'data/Saves'), { recursive: true });
  await mkdir(outside);
  await writeFile(join(outside, 'precious'), 'a world');
});
afterEach(() => rm(base, { recursive: true, force: true }));

const intact = async (): Promise<void> => {
  expect(await readFile(join(outside, 'precious'), 'utf8')).toBe('a world');
};

describe('removeTree', () => {
  test('removes everything and counts it', async () => {
    await writeFile(join(folder, 'data/Saves/a'), 'abc');
    await writeFile(join(folder, 'data/line\nfeed'), 'de');
    await mkdir(join(folder, 'empty'));
    expect(await removeTree(folder, quiet)).toEqual({ files: 2, bytes: 5 });
    expect(await readdir(join(base, 'root'))).toEqual([]);
    expect(await removeTree(folder, quiet)).toEqual({ files: 0, bytes: 0 });
  });

  test('removes links and leaves what they lead to', async () => {
    await symlink(outside, join(folder, 'data/link'));
    await symlink(join(outside, 'precious'), join(folder, 'data/file'));
    await symlink('../../outside', join(folder, 'relative'));
    await link(join(outside, 'precious'), join(folder, 'hard'));
    expect(await removeTree(folder, quiet)).toEqual({ files: 4, bytes: expect.any(Number) });
    await intact();
  });

  test('does not begin at a link', async () => {
    const other = join(base, 'root/beta');
    await symlink(outside, other);
    await expect(removeTree(other, quiet)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(setAside(other, join(base, 'root/.purging-x'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await intact();
  });

  test('is not led away by a folder that becomes a link while it is removed', async () => {
    for (const name of ['a', 'b', 'c']) {
      await mkdir(join(folder, name, 'inner'), { recursive: true });
      await writeFile(join(folder, name, 'inner/file'), '');
    }
    let isSwapped = false;
    let time = 0;
    const swapping = removeTree(folder, {
      now: () => {
        time += 1_000;
        return time;
      },
      report() {
        if (isSwapped) return;
        isSwapped = true;
        // Whatever comes next is a link by the time it is opened.
        for (const name of ['a', 'b', 'c', 'data']) {
          rename(join(folder, name), join(base, `taken-${name}`))
            .then(() => symlink(outside, join(folder, name)))
            .catch(() => undefined);
        }
      },
    });
    await swapping.catch((error: unknown) => expect(error).toMatchObject({ code: 'FORBIDDEN' }));
    await intact();
  });

  test('removes thousands of files, more than it holds in memory, and lets others have their turn', async () => {
    const names = Array.from({ length: 2_200 }, (_, at) => `map_${at}_1.bin`);
    for (const name of names) await writeFile(join(folder, 'data', name), 'x');
    const reports: number[] = [];
    let turns = 0;
    const ticking = setInterval(() => {
      turns += 1;
    }, 1);
    const removed = await removeTree(folder, { ...quiet, report: ({ files }) => reports.push(files) });
    clearInterval(ticking);
    expect(removed.files).toBe(2_200);
    expect(turns).toBeGreaterThan(10);
    expect(reports.length).toBeLessThan(200);
    // Making so many files is what takes long on a slow disk.
  }, 90_000);

  test('goes only so deep', async () => {
    const deep = join(folder, ...Array.from({ length: 140 }, () => 'd'));
    await mkdir(deep, { recursive: true });
    await expect(removeTree(folder, quiet)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test.runIf(process.getuid?.() === 0)('refuses where something is mounted inside', async () => {
    const mounted = join(folder, 'data/disk');
    await mkdir(mounted);
    await execa('mount', ['--bind', outside, mounted]);
    try {
      await expect(removeTree(folder, quiet)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(setAside(folder, join(base, 'root/.purging-x'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await intact();
    } finally {
      await execa('umount', [mounted]);
    }
  });
});

describe('setAside', () => {
  test('moves it in one step, and does nothing where that was done', async () => {
    const aside = join(base, 'root/.purging-s1');
    await setAside(folder, aside);
    expect(await readdir(join(base, 'root'))).toEqual(['.purging-s1']);
    await setAside(folder, aside);
    await mkdir(folder);
    await expect(setAside(folder, aside)).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

test('mount points are read with their escapes', () => {
  const text = '36 35 98:0 / /srv/my\\040disk rw shared:1 - ext4 /dev/sda rw\n37 35 0:5 / /proc rw - proc proc rw\n';
  expect(parseMountPoints(text)).toEqual(['/srv/my disk', '/proc']);
});
