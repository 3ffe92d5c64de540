import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ContainerSpec } from './container-spec.ts';
import { checkSpec } from './spec-check.ts';

let dataRoot: string;
beforeAll(async () => {
  dataRoot = await realpath(await mkdtemp(join(tmpdir(), 'zedops-spec-')));
  await mkdir(join(dataRoot, 'alpha/data'), { recursive: true });
  await mkdir(join(dataRoot, 'beta/data'), { recursive: true });
  await symlink('/etc', join(dataRoot, 'alpha/link'));
  await writeFile(join(dataRoot, 'alpha/file'), '');
});
afterAll(() => rm(dataRoot, { recursive: true }));

const good = (): ContainerSpec => ({
  name: 'zomboid-alpha',
  image: 'registry.example:5000/games/zomboid:41.78',
  template: 'zomboid',
  env: { SERVER_NAME: 'alpha', EMPTY: '' },
  labels: {
    'zedops.managed': 'true',
    'zedops.server.id': 'abc',
    'zedops.server.name': 'alpha',
    'pz.rcon.enabled': 'true',
  },
  mounts: [
    { hostPath: join(dataRoot, 'alpha/bin'), containerPath: '/home/steam/zomboid-dedicated' },
    { hostPath: join(dataRoot, 'alpha/data'), containerPath: '/home/steam/Zomboid' },
  ],
  ports: [{ port: 16_261, protocol: 'udp' }],
  networks: ['zomboid-servers', 'zomboid-backend'],
  memoryBytes: 4 * 1024 ** 3,
  cpus: 2,
  pids: 2048,
  log: { maxBytes: 10 * 1024 ** 2, files: 5 },
  stopSeconds: 60,
});

const mounted = (hostPath: string, containerPath = '/data'): ContainerSpec => ({
  ...good(),
  mounts: [{ hostPath, containerPath }],
});
const refused = (spec: ContainerSpec, field: string): Promise<void> =>
  expect(checkSpec(spec, { dataRoot })).rejects.toMatchObject({
    code: expect.stringMatching(/^(INVALID_INPUT|FORBIDDEN)$/),
    message: expect.stringContaining(field),
  });

describe('checkSpec', () => {
  test('lets through what a server needs', async () => {
    await checkSpec(good(), { dataRoot });
    const digest = `zomboid@sha256:${'a'.repeat(64)}`;
    for (const image of ['zomboid', 'zomboid:latest', digest, 'ghcr.io/some_one/pz--server:v1.2_3']) {
      await checkSpec({ ...good(), image }, { dataRoot });
    }
  });

  test('follows a data root that is itself reached by a link: that is the administrator’s choice', async () => {
    const link = `${dataRoot}-link`;
    await symlink(dataRoot, link);
    await checkSpec(
      { ...good(), mounts: [{ hostPath: join(link, 'alpha/data'), containerPath: '/data' }] },
      { dataRoot: link },
    );
    await rm(link);
  });

  test.each<[string, Partial<Record<keyof ContainerSpec, unknown>>]>([
    ['name', { name: 'zomboid-beta' }],
    ['name', { name: '../alpha' }],
    ['image', { image: 'registry.example/UPPER' }],
    ['image', { image: 'zomboid:tag with space' }],
    ['image', { image: '--privileged' }],
    ['image', { image: '' }],
    ['template', { template: '../x' }],
    ['env', { env: { 'BAD-KEY': 'x' } }],
    ['env', { env: { 'A=B': 'x' } }],
    ['env', { env: { A: 'x\0y' } }],
    ['labels', { labels: { 'com.docker.compose.project': 'x' } }],
    ['labels', { labels: { 'zedops.managed': 'false', 'zedops.server.id': 'a', 'zedops.server.name': 'alpha' } }],
    ['labels', { labels: { 'zedops.managed': 'true', 'zedops.server.id': '', 'zedops.server.name': 'alpha' } }],
    ['ports', { ports: [{ port: 80, protocol: 'tcp' }] }],
    ['ports', { ports: [{ port: 70_000, protocol: 'udp' }] }],
    ['ports', { ports: [{ port: 2000, protocol: 'sctp' }] }],
    ['ports', { ports: [{ port: 2000, protocol: 'udp', hostIp: '0.0.0.0' }] }],
    ['ports', { ports: [2000, 2000].map((port) => ({ port, protocol: 'udp' })) }],
    ['networks', { networks: ['host'] }],
    ['networks', { networks: [] }],
    ['memoryBytes', { memoryBytes: 0 }],
    ['cpus', { cpus: -1 }],
    ['pids', { pids: 0 }],
    ['log', { log: { maxBytes: 0, files: 5 } }],
    ['stopSeconds', { stopSeconds: 0 }],
  ])('refuses a wrong %s, and names it: %j', async (field, change) => {
    const wrong: ContainerSpec = JSON.parse(JSON.stringify({ ...good(), ...change }));
    await refused(wrong, field);
  });

  test('refuses any field there is no need for', async () => {
    for (const extra of [{ privileged: true }, { devices: ['/dev/sda'] }, { pidMode: 'host' }]) {
      await refused({ ...good(), ...extra }, 'spec');
    }
  });

  test.each([
    ...[
      '/',
      '/etc',
      '/etc/cron.d',
      '/proc',
      '/sys/fs',
      '/dev',
      '/run',
      '/var/run/docker.sock',
      '/usr/bin',
      '/root',
      '/var',
    ],
    ...['data', '/data/', '/a/../etc', '//etc', '/./etc'],
  ])('refuses to mount over %s of the container', (path) =>
    refused(mounted(join(dataRoot, 'alpha/data'), path), 'containerPath'),
  );

  test('refuses folders of the host that are not the server’s own', async () => {
    for (const path of [
      ...['/', '/etc', '/var/run/docker.sock', '/var/lib/docker', 'alpha/data', ''],
      ...[dataRoot, `${dataRoot}/`, `${dataRoot}/alpha`, `${dataRoot}/beta/data`, `${dataRoot}-other/alpha/data`],
      ...[
        `${dataRoot}/alpha/../beta/data`,
        `${dataRoot}/alpha/./data`,
        `${dataRoot}/alpha//data`,
        `${dataRoot}/alpha/data/`,
      ],
      ...[
        `${dataRoot}/alpha/link`,
        `${dataRoot}/alpha/link/ssh`,
        `${dataRoot}/alpha/data/x`,
        `${dataRoot}/alpha/file`,
        `${dataRoot}/alpha/da\0ta`,
      ],
    ]) {
      await refused(mounted(path), 'hostPath');
    }
  });

  test('lets no path through that leads out of the server’s folder, however it is written', async () => {
    const part = fc.constantFrom('..', '.', '', 'alpha', 'beta', 'data', 'link', 'etc', '...', 'a b', '~');
    const beginning = fc.constantFrom('', '/', dataRoot, `${dataRoot}/alpha`, `${dataRoot}/alpha/link`);
    await fc.assert(
      fc.asyncProperty(beginning, fc.array(part, { maxLength: 6 }), async (start, parts) => {
        const path = [start, ...parts].join('/');
        const verdict = await checkSpec(mounted(path), { dataRoot }).then(
          () => 'passed',
          () => 'refused',
        );
        if (verdict === 'refused') return;
        expect(path).toBe(normalize(path));
        expect(dirname(path)).toBe(join(dataRoot, 'alpha'));
        expect(path.endsWith('/link')).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
