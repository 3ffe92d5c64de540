import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readModItems } from './read-mod-items.ts';

const game = {
  worldName: 'alpha',
  volumes: [
    { folder: 'bin', path: '/game' },
    { folder: 'data', path: '/data' },
  ],
} as const;
const facts = { ...game, volumes: [...game.volumes] };
const content = 'bin/steamapps/workshop/content/108600';

let folder: string;
const put = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
};
const script = (name: string): string => `module Mod { item ${name} { } }`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-mods-'));
  await put('data/Server/alpha.ini', 'Mods=\\Hydro;Local\nWorkshopItems=11;12;13\n');
  await put(`${content}/11/mods/hydrocraft/mod.info`, 'name=Hydrocraft\nid=Hydro\n');
  await put(`${content}/11/mods/hydrocraft/media/scripts/a.txt`, script('Old'));
  await put(`${content}/11/mods/hydrocraft/42/media/scripts/items/b.txt`, script('New'));
  await put(`${content}/11/mods/hydrocraft/common/media/scripts/c.txt`, script('Common'));
  await put(`${content}/11/mods/other/mod.info`, 'id=NotEnabled\n');
  await put(`${content}/11/mods/other/media/scripts/d.txt`, script('Other'));
  await put(`${content}/99/mods/foreign/mod.info`, 'id=Hydro\n');
  await put(`${content}/99/mods/foreign/media/scripts/e.txt`, script('NotSubscribed'));
  await put('data/mods/local/42/mod.info', 'id=Local\n');
  await put('data/mods/local/42/media/scripts/f.txt', script('Local'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the items of enabled mods are read, as the build of the game has them', async () => {
  expect(await readModItems(facts, folder, '41', 100)).toEqual(['Mod.Old']);
  expect(await readModItems(facts, folder, '42', 100)).toEqual(['Mod.Common', 'Mod.Local', 'Mod.New']);
  expect(await readModItems(facts, folder, undefined, 100)).toEqual([
    ...['Mod.Common', 'Mod.Local', 'Mod.New', 'Mod.Old'],
  ]);
  expect(await readModItems(facts, folder, '42', 1)).toHaveLength(1);
});

test('a volume of its own for the workshop is looked into, too', async () => {
  await mkdir(join(folder, 'workshop'));
  await rename(join(folder, 'bin/steamapps/workshop/content'), join(folder, 'workshop/content'));
  const volumes = [{ folder: 'workshop', path: '/workshop' } as const];
  expect(await readModItems({ ...facts, volumes }, folder, '41', 100)).toEqual(['Mod.Old']);
});

test('no link is followed, and without an ini nothing is enabled', async () => {
  await rename(join(folder, content, '11'), join(folder, 'elsewhere'));
  await symlink(join(folder, 'elsewhere'), join(folder, content, '11'));
  expect(await readModItems(facts, folder, '41', 100)).toEqual([]);
  await rm(join(folder, 'data/Server/alpha.ini'));
  expect(await readModItems(facts, folder, undefined, 100)).toEqual([]);
});
