import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readItems } from './read-items.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-items-'));
});
afterEach(() => rm(folder, { recursive: true }));

const script = (name: string): string => `module Base { item ${name} { } }`;

it('reads scripts in folders below, each item once, and follows no link', async () => {
  const scripts = join(folder, 'bin', 'media', 'scripts');
  await mkdir(join(scripts, 'items'), { recursive: true });
  await writeFile(join(scripts, 'a.txt'), script('Axe'));
  await writeFile(join(scripts, 'items', 'b.txt'), script('Apple') + script('Axe'));
  await writeFile(join(scripts, 'c.lua'), script('Lua'));
  await writeFile(join(folder, 'outside.txt'), script('Outside'));
  await symlink(join(folder, 'outside.txt'), join(scripts, 'link.txt'));
  expect(await readItems(join(folder, 'bin'), 100)).toEqual(['Base.Apple', 'Base.Axe']);
  expect(await readItems(join(folder, 'bin'), 1)).toEqual(['Base.Axe']);
});

it('knows nothing where the game is not installed, or its folder is a link', async () => {
  expect(await readItems(join(folder, 'nothing'), 100)).toBeUndefined();
  await mkdir(join(folder, 'real', 'media', 'scripts'), { recursive: true });
  await symlink(join(folder, 'real'), join(folder, 'bin'));
  expect(await readItems(join(folder, 'bin'), 100)).toBeUndefined();
});
