import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverRetry } from '../../protocol/operations/plan.ts';
import { serverCreate } from '../../protocol/operations/server.ts';
import { serverDelete } from '../../protocol/operations/server-removal.ts';
import { type AgentBed, createAgentBed, goodGame } from '../agent-bed.ts';
import { createPreflight } from '../host/preflight.ts';

let bed: AgentBed;
beforeEach(async () => {
  bed = await createAgentBed();
});
afterEach(() => bed.dispose());

const inRoot = async (): Promise<readonly string[]> => (await readdir(bed.dataRoot)).filter((name) => name !== 'agent');

describe('a create that fails', () => {
  test.each(['prepare', 'create', 'start'] as const)(
    'at %s leaves neither container, nor folder, nor file',
    async (method) => {
      bed.fake.failNext(method, new ZedopsError('INVALID_INPUT', 'no space left'));
      await expect(bed.ask(serverCreate, bed.server())).rejects.toThrow('no space left');
      expect(await bed.fake.runtime.list()).toEqual([]);
      expect(await inRoot()).toEqual([]);
    },
  );

  test('leaves what was there before it', async () => {
    await mkdir(join(bed.dataRoot, 'alpha', 'data', 'Saves'), { recursive: true });
    await writeFile(join(bed.dataRoot, 'alpha', 'compose.yaml'), 'mine');
    bed.fake.failNext('start', new ZedopsError('INVALID_INPUT', 'no space left'));
    await expect(bed.ask(serverCreate, bed.server())).rejects.toThrow('no space left');
    expect(await readdir(join(bed.dataRoot, 'alpha'))).toEqual(['compose.yaml', 'data']);
    expect(await readdir(join(bed.dataRoot, 'alpha', 'data'))).toEqual(['Saves']);
  });

  test('is known as one after a restart of the agent', async () => {
    bed.fake.failNext('create', new ZedopsError('INVALID_INPUT', 'no space left'));
    await expect(bed.ask(serverCreate, bed.server())).rejects.toThrow();
    await bed.restart();
    await eventually('the reason to be told again', () => bed.observed('s1')?.failure !== undefined);
    expect(bed.observed('s1')?.failure).toMatchObject({ subject: 'server.create', message: 'no space left' });
  });

  test('is continued by a retry, and forgotten as a failure', async () => {
    bed.fake.failNext('create', new ZedopsError('INVALID_INPUT', 'no space left'));
    await expect(bed.ask(serverCreate, bed.server())).rejects.toThrow();
    expect(await bed.ask(serverRetry, bed.server())).toMatchObject({ id: 's1', state: 'ready' });
    await eventually('the failure to be forgotten', () => bed.observed('s1')?.failure === undefined);
  });

  test('had nothing, and its deletion says so', async () => {
    bed.fake.failNext('create', new ZedopsError('INVALID_INPUT', 'no space left'));
    await expect(bed.ask(serverCreate, bed.server())).rejects.toThrow();
    const off = bed.server({ power: 'off', deleted: true });
    expect(await bed.ask(serverDelete, off)).toMatchObject({ name: 'alpha', isEmpty: true });
  });
});

test('a retry makes the container of a game that crashed anew, with the new settings', async () => {
  bed.fake.onStart((container) => container.exit(1));
  await expect(bed.ask(serverCreate, bed.server())).rejects.toThrow('exited with code 1');
  const [before] = await bed.fake.runtime.list();
  bed.fake.onStart((container) => {
    for (const line of goodGame.start) container.print(line);
  });
  const { env } = bed.server();
  expect(await bed.ask(serverRetry, bed.server({ env: { ...env, NEW: 'yes' } }))).toMatchObject({ state: 'ready' });
  const [after] = await bed.fake.runtime.list();
  expect(after?.id).not.toBe(before?.id);
  expect(bed.fake.container('s1').spec.env).toMatchObject({ NEW: 'yes' });
});

describe('a host, looked at before a server is made', () => {
  const look = (name: string, more: readonly string[] = []) =>
    createPreflight({
      runtime: bed.fake.runtime,
      hostPorts: { taken: async () => [] },
      roots: [bed.dataRoot, ...more],
      rootOf: () => bed.dataRoot,
    }).look({
      name,
      image: { template: 'simulator', reference: 'zedops-simulator:latest', pull: 'never' },
      ports: [],
      worldName: name,
    });

  test('tells its room, and whether the folder is free', async () => {
    expect(await look('alpha')).toMatchObject({
      disk: { path: bed.dataRoot, freeBytes: expect.any(Number) },
      folder: { path: join(bed.dataRoot, 'alpha'), state: 'absent', hasWorld: false },
    });
    await mkdir(join(bed.dataRoot, 'alpha', 'data'), { recursive: true });
    await writeFile(join(bed.dataRoot, 'alpha', 'compose.yaml'), '');
    expect((await look('alpha')).folder).toMatchObject({ state: 'empty' });
    await mkdir(join(bed.dataRoot, 'alpha', 'data', 'Saves', 'Multiplayer', 'alpha'), { recursive: true });
    expect((await look('alpha')).folder).toMatchObject({ state: 'occupied', hasWorld: false });
    await writeFile(join(bed.dataRoot, 'alpha', 'data', 'Saves', 'Multiplayer', 'alpha', 'map_1_1.bin'), '');
    expect((await look('alpha')).folder).toMatchObject({ state: 'occupied', hasWorld: true });
  });

  test('tells the room of its other data roots, and what lies there under that name', async () => {
    const shelf = join(bed.dataRoot, '..', 'shelf');
    await mkdir(join(shelf, 'alpha', 'data', 'Saves'), { recursive: true });
    const gone = join(shelf, 'unmounted');
    const found = await look('alpha', [shelf, gone]);
    expect(found.otherDisks).toMatchObject([{ path: shelf, freeBytes: expect.any(Number) }]);
    expect(found.folder).toMatchObject({ state: 'absent', alsoAt: [join(shelf, 'alpha')] });
    const { folder } = await look('beta', [shelf]);
    expect(folder.alsoAt).toBeUndefined();
    await rm(shelf, { recursive: true });
  });

  test('follows no link, and knows the container that has the name', async () => {
    await symlink('/etc', join(bed.dataRoot, 'beta'));
    expect((await look('beta')).folder).toMatchObject({ state: 'in-the-way' });
    await bed.ask(serverCreate, bed.server());
    expect(await look('alpha')).toMatchObject({ sameName: 'simulator-alpha' });
    expect((await look('gamma')).sameName).toBeUndefined();
  });

  test('says that its engine does not answer', async () => {
    bed.fake.setReachable(false);
    expect(await look('alpha')).toMatchObject({ blind: expect.stringContaining('does not answer'), taken: [] });
  });
});
