import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeRuntime, type FakeRuntime } from '../../../test/fakes/fake-runtime.ts';
import { systemClock } from '../../platform/clock.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { prepareFolders } from '../spec/server-folders.ts';
import { claimFolder, isOwnFolder, ownerFile } from './ownership.ts';
import { createPurge, type Purge } from './purge.ts';

const server = (change: Partial<DesiredServer> = {}): DesiredServer => ({
  id: 's1',
  name: 'alpha',
  revision: 1,
  power: 'off',
  image: { template: 'simulator', reference: 'zedops-simulator', pull: 'never' },
  env: {},
  secretKeys: [],
  game: { worldName: 'alpha', ports: [], volumes: [{ folder: 'data', path: '/data' }], stopSeconds: 60 },
  limits: {},
  deleted: true,
  ...change,
});

let base: string;
let root: string;
let fake: FakeRuntime;
let purge: Purge;
const purging = { report: () => undefined, signal: new AbortController().signal };

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'zedops-purge-'));
  root = join(base, 'root');
  await mkdir(root);
  await mkdir(join(base, 'outside'));
  await writeFile(join(base, 'outside/precious'), 'a world');
  fake = createFakeRuntime();
  purge = createPurge({ runtime: fake.runtime, rootOf: () => root, clock: systemClock });
});
afterEach(() => rm(base, { recursive: true, force: true }));

async function withWorld(of = server()): Promise<void> {
  await prepareFolders(of, root);
  await writeFile(join(root, of.name, 'data/world'), 'abc');
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'ok';
  } catch (error) {
    if (error instanceof ZedopsError) return error.code;
    throw error;
  }
}

describe('purging', () => {
  test('removes the server’s own folder, and finds nothing the second time', async () => {
    await withWorld();
    await withWorld(server({ id: 's2', name: 'beta' }));
    expect(await purge.remove(server(), purging)).toMatchObject({ folder: join(root, 'alpha'), files: 2 });
    expect(await readdir(root)).toEqual(['beta']);
    expect(await purge.remove(server(), purging)).toMatchObject({ files: 0, bytes: 0 });
  });

  test.each([
    ['another server', () => withWorld(server({ id: 's2' }))],
    [
      'nobody',
      async () => {
        await mkdir(join(root, 'alpha'));
        await writeFile(join(root, 'alpha/precious'), '');
      },
    ],
    [
      'whoever wrote a mark that cannot be read',
      async () => {
        await withWorld();
        await writeFile(join(root, 'alpha', ownerFile), '{"server":');
      },
    ],
  ])('leaves a folder alone that belongs to %s', async (_, make) => {
    await make();
    const before = await readdir(join(root, 'alpha'));
    expect(await codeOf(purge.remove(server(), purging))).toBe('FORBIDDEN');
    expect(await readdir(join(root, 'alpha'))).toEqual(before);
  });

  test('leaves a link alone, and what it leads to, also with a mark that is right', async () => {
    await writeFile(join(base, 'outside', ownerFile), '{"server":"s1","name":"alpha"}');
    await symlink(join(base, 'outside'), join(root, 'alpha'));
    expect(await codeOf(purge.remove(server(), purging))).toBe('FORBIDDEN');
    await rm(join(root, 'alpha'));
    await symlink(join(base, 'outside'), join(root, '.purging-s1'));
    expect(await codeOf(purge.remove(server(), purging))).toBe('FORBIDDEN');
    expect(await readFile(join(base, 'outside/precious'), 'utf8')).toBe('a world');
  });

  test.each([
    ['..', 's1'],
    ['../outside', 's1'],
    ['', 's1'],
    ['alpha/data', 's1'],
    ['alpha', '../../outside'],
    ['alpha', 's1/..'],
  ])('goes nowhere with the name %j and the id %j', async (name, id) => {
    await withWorld();
    expect(await codeOf(purge.remove(server({ name, id }), purging))).toBe('FORBIDDEN');
    expect(await readFile(join(base, 'outside/precious'), 'utf8')).toBe('a world');
    expect(await readFile(join(root, 'alpha/data/world'), 'utf8')).toBe('abc');
  });

  test('refuses while a container, whosever, is bound to it', async () => {
    await withWorld();
    await symlink(root, join(base, 'shortcut'));
    fake.bindForeign('backup-of-mine', join(base, 'shortcut/alpha/data'));
    await expect(purge.remove(server(), purging)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('backup-of-mine'),
    });
    expect(await readdir(root)).toEqual(['alpha']);
  });

  test('can be cancelled until the data is moved aside', async () => {
    await withWorld();
    const signal = AbortSignal.abort(new ZedopsError('CANCELLED', 'cancelled'));
    expect(await codeOf(purge.remove(server(), { ...purging, signal }))).toBe('CANCELLED');
    expect(await readdir(root)).toEqual(['alpha']);
    await rm(join(root, 'alpha'), { recursive: true });
    // A crash left this in the middle of a purge.
    await mkdir(join(root, '.purging-s1/data'), { recursive: true });
    expect(await codeOf(purge.remove(server(), { ...purging, signal }))).toBe('ok');
    expect(await readdir(root)).toEqual([]);
  });

  test('works through a data root that is itself a link of the administrator’s', async () => {
    await withWorld();
    await symlink(root, join(base, 'shortcut'));
    const other = createPurge({ runtime: fake.runtime, rootOf: () => join(base, 'shortcut'), clock: systemClock });
    expect(await other.remove(server(), purging)).toMatchObject({ files: 2 });
    expect(await readdir(root)).toEqual([]);
  });
});

describe('what was kept', () => {
  test('is there, or the reason why it cannot be restored', async () => {
    expect(await codeOf(purge.checkKept(server()))).toBe('NOT_FOUND');
    await withWorld();
    expect(await purge.checkKept(server())).toBe(join(root, 'alpha'));
    expect(await codeOf(purge.checkKept(server({ id: 's2' })))).toBe('FORBIDDEN');
    await mkdir(join(root, '.purging-s1'));
    expect(await codeOf(purge.checkKept(server()))).toBe('CONFLICT');
  });
});

describe('whose folder it is', () => {
  test('stands in the compose file where there is no mark', async () => {
    const folder = join(root, 'alpha');
    await mkdir(folder);
    await writeFile(join(folder, 'compose.yaml'), 'services:\n  alpha:\n    labels:\n      zedops.server.id: s1\n');
    expect(await isOwnFolder(folder, 's1')).toBe(true);
    expect(await isOwnFolder(folder, 's')).toBe(false);
    expect(await isOwnFolder(folder, '.*')).toBe(false);
    await symlink('/dev/zero', join(folder, ownerFile));
    expect(await isOwnFolder(folder, 's1')).toBe(true);
  });

  test('is not taken from a server of this host, but from one that nobody knows any more', async () => {
    const folder = join(root, 'alpha');
    await mkdir(folder);
    expect(await claimFolder(folder, server(), () => true)).toBe(true);
    expect(await claimFolder(folder, server(), () => true)).toBe(false);
    const other = server({ id: 's2' });
    expect(await codeOf(claimFolder(folder, other, (id) => id === 's1'))).toBe('CONFLICT');
    expect(await claimFolder(folder, other, () => false)).toBe(true);
    expect(await isOwnFolder(folder, 's2')).toBe(true);
  });
});
