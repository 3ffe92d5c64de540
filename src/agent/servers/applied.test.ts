import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../platform/log.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { openApplied } from './applied.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-applied-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function server(revision: number, change: Partial<DesiredServer> = {}): DesiredServer {
  return {
    id: 's1',
    name: 'alpha',
    revision,
    power: 'on',
    image: { template: 'little', reference: 'example.org/little:1', pull: 'never' },
    env: { RCON_PASSWORD: `canary-${revision}` },
    secretKeys: ['RCON_PASSWORD'],
    game: { worldName: 'alpha', ports: [], volumes: [{ folder: 'data', path: '/data' }], stopSeconds: 60 },
    limits: {},
    deleted: false,
    ...change,
  };
}

test('knows over a restart what each container was made of, and tells what waits without secrets', async () => {
  await (await openApplied(folder, silentLog)).note(server(1), []);
  const applied = await openApplied(folder, silentLog);
  const newest = server(3, { name: 'bravo', power: 'off' });
  expect(applied.madeOf(newest, { revision: 1 })).toMatchObject({
    name: 'bravo',
    power: 'off',
    revision: 3,
    env: { RCON_PASSWORD: 'canary-1' },
  });
  expect(applied.waiting(newest, { revision: 1 })).toEqual([
    { setting: 'RCON_PASSWORD', before: 'set', after: 'changed' },
  ]);
  expect(applied.waiting(newest, { revision: 3 })).toEqual([]);
});

test('claims nothing about a container it knows nothing of', async () => {
  const applied = await openApplied(folder, silentLog);
  expect(applied.waiting(server(3), { revision: 1 })).toBeUndefined();
  expect(applied.waiting(server(3), {})).toBeUndefined();
  expect(applied.madeOf(server(3), undefined)).toEqual(server(3));
});

test('keeps what is in use and forgets the rest, in a file for its owner alone', async () => {
  const applied = await openApplied(folder, silentLog);
  await applied.note(server(1), []);
  await applied.note(server(2), [1]);
  await applied.note(server(3), [1]);
  expect(applied.waiting(server(4), { revision: 1 })).toHaveLength(1);
  expect(applied.waiting(server(4), { revision: 2 })).toBeUndefined();
  expect(await readFile(join(folder, 's1.json'), 'utf8')).not.toContain('canary-2');
  expect((await stat(join(folder, 's1.json'))).mode & 0o777).toBe(0o600);
  await applied.forget('s1');
  expect(await readdir(folder)).toEqual([]);
});

test('a file that cannot be read costs nothing but knowledge', async () => {
  await writeFile(join(folder, 's1.json'), '{');
  const applied = await openApplied(folder, silentLog);
  expect(applied.waiting(server(3), { revision: 1 })).toBeUndefined();
});
