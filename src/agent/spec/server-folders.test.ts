import { chmod, chown, lstat, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { prepareFolders, worldPresent } from './server-folders.ts';

const server = (owner?: { uid: number; gid: number }, worldName = 'alpha'): DesiredServer => ({
  id: 'abc',
  name: 'alpha',
  revision: 1,
  power: 'on',
  image: { template: 'zomboid', reference: 'zomboid:41', pull: 'missing' },
  env: {},
  secretKeys: [],
  game: {
    worldName,
    ports: [],
    volumes: [
      { folder: 'bin', path: '/bin' },
      { folder: 'data', path: '/data' },
    ],
    stopSeconds: 60,
    ...(owner ? { owner } : {}),
  },
  limits: {},
  deleted: false,
});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'zedops-folders-'));
});
afterEach(() => rm(root, { recursive: true }));

describe('prepareFolders', () => {
  test('makes the folders for their owner alone, and takes back what stayed empty', async () => {
    const takeBack = await prepareFolders(server(), root);
    expect((await readdir(join(root, 'alpha'))).toSorted()).toEqual(['.zedops-server.json', 'bin', 'data']);
    expect((await stat(join(root, 'alpha/data'))).mode & 0o777).toBe(0o750);
    expect((await stat(join(root, 'alpha'))).mode & 0o777).toBe(0o755);
    await writeFile(join(root, 'alpha/data/world'), '');
    await takeBack();
    expect(await readdir(join(root, 'alpha'))).toEqual(['data']);
  });

  test.runIf(process.getuid?.() === 0)(
    'gives new folders to the template’s owner and leaves others as they are',
    async () => {
      await mkdir(join(root, 'alpha/data'), { recursive: true });
      await chown(join(root, 'alpha/data'), 1430, 1430);
      await chmod(join(root, 'alpha/data'), 0o777);
      const takeBack = await prepareFolders(server({ uid: 1001, gid: 1002 }), root);
      expect(await stat(join(root, 'alpha/bin'))).toMatchObject({ uid: 1001, gid: 1002 });
      expect(await stat(join(root, 'alpha/data'))).toMatchObject({ uid: 1430, gid: 1430 });
      expect((await stat(join(root, 'alpha/data'))).mode & 0o777).toBe(0o777);
      await takeBack();
      expect(await readdir(join(root, 'alpha'))).toEqual(['data']);
    },
  );

  test('goes through no symbolic link and no file', async () => {
    await mkdir(join(root, 'alpha'));
    await symlink('/etc', join(root, 'alpha/data'));
    await expect(prepareFolders(server(), root)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await readdir(join(root, 'alpha'))).toEqual(['data']);
    expect((await lstat(join(root, 'alpha/data'))).isSymbolicLink()).toBe(true);
    await rm(join(root, 'alpha'), { recursive: true });
    await writeFile(join(root, 'alpha'), '');
    await expect(prepareFolders(server(), root)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(prepareFolders(server(), join(root, 'nowhere'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('worldPresent', () => {
  test('wants a save of the world’s name with something in it', async () => {
    expect(await worldPresent(server(), root)).toBe(false);
    await mkdir(join(root, 'alpha/data/Saves/Multiplayer/other'), { recursive: true });
    await mkdir(join(root, 'alpha/data/Saves/Multiplayer/alpha'));
    expect(await worldPresent(server(), root)).toBe(false);
    await writeFile(join(root, 'alpha/data/Saves/Multiplayer/alpha/map_t.bin'), '');
    expect(await worldPresent(server(), root)).toBe(true);
  });

  test('knows that the game writes a space as an underscore', async () => {
    await mkdir(join(root, 'alpha/data/Saves/Multiplayer/my_world/map'), { recursive: true });
    expect(await worldPresent(server(undefined, 'my world'), root)).toBe(true);
  });
});
