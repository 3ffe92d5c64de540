import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeForeign, type FakeForeign } from '../../../test/fakes/fake-foreign.ts';
import { systemClock } from '../../platform/clock.ts';
import type { ServerVolume } from '../../protocol/entities/server.ts';
import { examineSource } from './examine.ts';
import { refuseBusy } from './in-use.ts';
import { lookAround } from './look-around.ts';
import { sourceFolders } from './source.ts';

const templates = [{ id: 'little', registry: 'docker.io/example/little', volumes: { data: '/home/steam/Zomboid' } }];
const volumes: readonly ServerVolume[] = [
  { folder: 'bin', path: '/home/steam/game' },
  { folder: 'data', path: '/home/steam/Zomboid' },
];

let base: string;
let dataRoot: string;
let foreign: FakeForeign;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'zedops-look-'));
  dataRoot = join(base, 'servers');
  foreign = createFakeForeign(() => undefined);
  await mkdir(dataRoot);
});
afterEach(() => rm(base, { recursive: true, force: true }));

const world = async (place: string): Promise<void> => {
  await mkdir(join(place, 'Server'), { recursive: true });
  await mkdir(join(place, 'Saves/Multiplayer/my_world'), { recursive: true });
  await writeFile(join(place, 'Server/my world.ini'), 'DefaultPort=17000\r\nRCONPassword=x\r\nPVP=true\r\n');
};
const deps = () => ({
  runtime: { foreign: foreign.containers },
  registry: { find: () => undefined, all: () => [] },
  ...{ dataRoot, clock: systemClock, refuseBusy },
});

test('finds containers and folders that look like servers, and says why', async () => {
  await world(join(base, 'volume'));
  await world(join(dataRoot, 'left/data'));
  await mkdir(join(dataRoot, 'empty'));
  const volume = { type: 'volume', from: join(base, 'volume'), to: '/anywhere' } as const;
  foreign.add({ id: '1', name: 'by-image', image: 'example/little:2.0', status: 'exited' });
  foreign.add({ id: '2', name: 'by-world', image: 'other', mounts: [volume] });
  foreign.add({ id: '3', name: 'by-port', image: 'x', ports: [{ inside: 16261, published: 26261, protocol: 'udp' }] });
  foreign.add({ id: '4', name: 'by-label', image: 'x', labels: { 'pz.rcon.enabled': 'true' } });
  foreign.add({ id: '5', name: 'database', image: 'mariadb' });
  const found = await lookAround(templates, deps());
  expect(found).toMatchObject([
    { kind: 'container', name: 'by-image', template: 'little', status: 'exited' },
    { name: 'by-world', worlds: ['my world'], because: [expect.stringContaining('Server and Saves lie in')] },
    { name: 'by-port', ports: ['26261/udp'], because: ['it listens on 16261/udp'] },
    { name: 'by-label', because: ['it has the label pz.rcon.enabled'] },
    { kind: 'folder', name: join(dataRoot, 'left'), worlds: ['my world'] },
  ]);
});

test('examines a container: env beyond its image’s, worlds, sizes, owner', async () => {
  await world(join(base, 'pz'));
  foreign.add({
    ...{ id: 'c1', name: 'pz', image: 'example/little:2.0' },
    mounts: [{ type: 'bind', from: join(base, 'pz'), to: '/home/steam/Zomboid' }],
    env: { PATH: '/bin', TZ: 'Europe/Berlin', 'odd.key': 'x' },
    imageEnv: { PATH: '/bin', TZ: 'Etc/UTC' },
  });
  const request = { name: 'alpha', source: { kind: 'container', container: 'pz' }, way: 'copy', templates } as const;
  expect(await examineSource(request, deps())).toMatchObject({
    template: 'little',
    env: { TZ: 'Europe/Berlin' },
    original: { id: 'c1', running: true, restart: 'unless-stopped' },
    folders: [{ folder: 'data', how: 'copy', files: 1, bytes: 45 }],
    worlds: [{ name: 'my world', hasSave: true, ini: { DefaultPort: '17000', RCONPassword: 'x' } }],
    owner: { uid: process.getuid?.(), gid: process.getgid?.() },
  });
  expect((await examineSource(request, deps())).env).toEqual({ TZ: 'Europe/Berlin' });
  await expect(examineSource({ ...request, template: 'none' }, deps())).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    hint: expect.stringContaining('--image'),
  });
  const absent = { ...request, source: { kind: 'container', container: 'pzz' } } as const;
  await expect(examineSource(absent, deps())).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

describe('the folders behind what a game sees', () => {
  const found = (mounts: readonly { type: 'bind' | 'volume' | 'other'; from: string; to: string }[]) =>
    sourceFolders(volumes, { mounts, ports: [], limits: {} });

  test('are those of binds, of volumes, and within a mount around them', () => {
    const { folders } = found([
      { type: 'volume', from: '/var/lib/docker/volumes/game/_data', to: '/home/steam/game' },
      { type: 'bind', from: '/srv/steam', to: '/home/steam' },
    ]);
    expect([...folders]).toEqual([
      ['bin', '/var/lib/docker/volumes/game/_data'],
      ['data', '/srv/steam/Zomboid'],
    ]);
  });

  test('leave out what the image has no use for, and say so', () => {
    const { folders, warnings } = found([
      { type: 'bind', from: '/srv/z', to: '/home/steam/Zomboid' },
      { type: 'bind', from: '/srv/x', to: '/extra' },
    ]);
    expect([...folders.keys()]).toEqual(['data']);
    expect(warnings.join('\n')).toMatch(/nothing is mounted at \/home\/steam\/game[\s\S]*\/extra is not taken over/);
  });

  test('must hold the world, whole', () => {
    expect(() => found([{ type: 'bind', from: '/srv/game', to: '/home/steam/game' }])).toThrow(
      /its world lies elsewhere/,
    );
    expect(() => found([{ type: 'other', from: '', to: '/home/steam/Zomboid' }])).toThrow(/its world lies elsewhere/);
    expect(() =>
      found([
        { type: 'bind', from: '/srv/z', to: '/home/steam/Zomboid' },
        { type: 'bind', from: '/srv/s', to: '/home/steam/Zomboid/Saves' },
      ]),
    ).toThrow(/is mounted within/);
  });
});

test('refuses a folder in which a process works', async () => {
  const folder = join(base, 'busy');
  await mkdir(folder);
  await refuseBusy([folder]);
  const game = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    cwd: folder,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(game, 'spawn');
  try {
    await expect(refuseBusy([folder])).rejects.toThrow(new RegExp(`The process ${game.pid} .* works in ${folder}`));
  } finally {
    game.kill('SIGKILL');
    await once(game, 'exit');
  }
});
