import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { WorldFinding } from '../../protocol/entities/world-check.ts';
import { createWorldChecks } from './check-world.ts';

const server: DesiredServer = {
  id: 's1',
  name: 'alpha',
  revision: 1,
  power: 'on',
  image: { template: 'simulator', reference: 'zedops-simulator', pull: 'never' },
  env: {},
  secretKeys: [],
  game: {
    worldName: 'pz',
    ports: [],
    volumes: [
      { folder: 'data', path: '/data' },
      { folder: 'bin', path: '/bin' },
    ],
    stopSeconds: 60,
  },
  limits: {},
  deleted: false,
};

let root: string;
let data: string;
let run: { isRunning: boolean; neverRan: boolean };
let now: number;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'zedops-check-'));
  data = join(root, 'alpha/data');
  run = { isRunning: false, neverRan: false };
  now = Date.UTC(2026, 0, 1);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const create = () =>
  createWorldChecks({
    rootOf: () => root,
    clock: { ...systemClock, now: () => now, steady: () => now },
    runOf: () => run,
    signal: new AbortController().signal,
  });
const silent = (): undefined => undefined;

async function put(path: string, content: string | Uint8Array = 'x'): Promise<void> {
  await mkdir(dirname(join(data, path)), { recursive: true });
  await writeFile(join(data, path), content);
}

async function database(path: string): Promise<void> {
  await put(path, '');
  const opened = new DatabaseSync(join(data, path));
  opened.exec('CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(20000))');
  opened.close();
}

async function world(): Promise<void> {
  const save = 'Saves/Multiplayer/pz';
  await put(`${save}/map_t.bin`, Uint8Array.of(0x47, 0x4d, 0x54, 0x4d, 0, 0, 0, 195));
  for (const name of [`${save}/players.db`, `${save}/vehicles.db`, 'db/pz.db']) await database(name);
  await put(`${save}/map/10/3.bin`);
  await put(`${save}/map/10/4.bin`);
  await put('Server/pz.ini', 'Public=false');
  await put('Server/pz_SandboxVars.lua', 'SandboxVars = {}');
  await mkdir(join(root, 'alpha/bin'));
  await writeFile(join(root, 'alpha/bin/game'), 'binary');
}

async function findings(): Promise<readonly WorldFinding[]> {
  return (await create().check(server, silent)).findings;
}

async function faults(): Promise<readonly string[]> {
  return (await findings()).filter(({ level }) => level !== 'ok').map(({ item, level }) => `${level} ${item}`);
}

describe('checking a world', () => {
  test('finds all of it, says what it is and how large', async () => {
    await world();
    const { findings: found, sizes, folder } = await create().check(server, silent);
    expect(folder).toBe(join(root, 'alpha'));
    expect(new Set(found.map(({ level }) => level))).toEqual(new Set(['ok']));
    expect(found.map(({ text }) => text)).toContain('world version 195');
    expect(sizes).toMatchObject({ mapChunks: 2, ageSeconds: 0 });
    expect(sizes?.folders).toEqual([
      { folder: 'data', files: 8, bytes: expect.any(Number) },
      { folder: 'bin', files: 1, bytes: 6 },
    ]);
  });

  test.each([
    [
      'a database that is missing',
      'fail Saves/Multiplayer/pz/players.db',
      () => rm(join(data, 'Saves/Multiplayer/pz/players.db')),
    ],
    ['one that is empty', 'fail db/pz.db', () => truncate(join(data, 'db/pz.db'))],
    ['one that is cut short', 'fail db/pz.db', () => truncate(join(data, 'db/pz.db'), 8192)],
    ['one that is none', 'fail db/pz.db', () => put('db/pz.db', 'x'.repeat(5000))],
    [
      'settings the game makes anew',
      'warn Server/pz_SandboxVars.lua',
      () => rm(join(data, 'Server/pz_SandboxVars.lua')),
    ],
    ['a torn version', 'fail Saves/Multiplayer/pz/map_t.bin', () => put('Saves/Multiplayer/pz/map_t.bin', 'GM')],
    [
      'a link in the place of a file',
      'fail db/pz.db',
      async () => {
        await rm(join(data, 'db/pz.db'));
        await symlink('/etc/passwd', join(data, 'db/pz.db'));
      },
    ],
    [
      'a link in the place of a folder',
      'fail db/pz.db',
      async () => {
        await rm(join(data, 'db'), { recursive: true });
        await symlink('/tmp', join(data, 'db'));
      },
    ],
  ])('names %s', async (_, expected, spoil) => {
    await world();
    await spoil();
    expect(await faults()).toEqual([expected]);
  });

  test('takes what is torn in a game that runs for a warning', async () => {
    await world();
    await truncate(join(data, 'db/pz.db'), 8192);
    run = { isRunning: true, neverRan: false };
    expect(await faults()).toEqual(['warn db/pz.db']);
  });

  test('tells a world that is gone from one that never was', async () => {
    expect(await faults()).toEqual(['fail Saves/Multiplayer/pz']);
    run = { isRunning: false, neverRan: true };
    expect(await faults()).toEqual(['warn Saves/Multiplayer/pz']);
  });

  test('measures at most every five minutes, once for all who ask, and says how old that is', async () => {
    await world();
    const checks = create();
    const both = await Promise.all([checks.check(server, silent), checks.check(server, silent)]);
    expect(both[0]?.sizes).toEqual(both[1]?.sizes);
    await put('Saves/Multiplayer/pz/map/10/5.bin');
    now += 299_000;
    expect((await checks.check(server, silent)).sizes).toMatchObject({ mapChunks: 2, ageSeconds: 299 });
    now += 2_000;
    expect((await checks.check(server, silent)).sizes).toMatchObject({ mapChunks: 3, ageSeconds: 0 });
  });
});
