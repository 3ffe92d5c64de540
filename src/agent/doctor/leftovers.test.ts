import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KeptContainer } from '../runtime/upkeep.ts';
import { examineLeftContainers, examineLeftFolders } from './leftovers.ts';

const dayMs = 86_400_000;
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'zedops-left-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('containers put aside are told of after a day, with what removes them', () => {
  const container = (name: string, change: Partial<KeptContainer> = {}): KeptContainer => ({
    ...{ name, isStopped: true, idleSince: 0, ports: [], image: 'x:1', imageId: 'sha256:1' },
    ...change,
  });
  const found = examineLeftContainers(
    [
      container('pz.before-zedops'),
      container('pz.before-zedops-2', { idleSince: 2 * dayMs }),
      container('simulator-alpha.old-01hx'),
      container('simulator-beta.old-02hx', { isStopped: false }),
      container('simulator-gamma'),
    ],
    2.5 * dayMs,
  );
  expect(found.map(({ message }) => message)).toEqual([
    'the adopted original pz.before-zedops has not run for 2 days',
    'the container simulator-alpha.old-01hx, which a rebuild has put beside the server’s own, has not run for 2 days',
  ]);
  for (const { level, fix } of found) expect([level, fix]).toEqual(['warn', expect.stringContaining('docker rm ')]);
});

test('folders left behind are told of after a day, and nothing else below the data roots', async () => {
  const left = ['alpha.moved-20260102T030405Z', '.purging-0198-abc', 'beta/data.failed-1234abcd'];
  for (const folder of [...left, 'beta/data/data.failed-1', 'gamma.moved', 'beta/bin']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await writeFile(join(root, 'delta.moved-20260102T030405Z'), 'a file');
  const elsewhere = await mkdtemp(join(tmpdir(), 'zedops-left-elsewhere-'));
  await mkdir(join(elsewhere, 'data.failed-1'));
  await symlink(elsewhere, join(root, 'epsilon'));
  expect(await examineLeftFolders([root], Date.now())).toEqual([]);
  const found = await examineLeftFolders([root, join(root, 'not-there')], Date.now() + 1.5 * dayMs);
  await rm(elsewhere, { recursive: true });
  expect(found.map(({ level }) => level)).toEqual(['warn', 'warn', 'warn']);
  expect(found.map(({ message }) => message).toSorted()).toEqual([
    `${root}/.purging-0198-abc is what a purge has not finished removing, a day ago`,
    `${root}/alpha.moved-20260102T030405Z is the world that a move has left behind, a day ago`,
    `${root}/beta/data.failed-1234abcd is the copy of an adoption that failed, a day ago`,
  ]);
});

test('a path that a shell would read otherwise is quoted', async () => {
  const odd = join(root, 'my disk');
  await mkdir(join(odd, '.purging-s1'), { recursive: true });
  const [found] = await examineLeftFolders([odd], Date.now() + 3 * dayMs);
  expect(found?.fix).toContain(`rm -r '${odd}/.purging-s1'`);
});
