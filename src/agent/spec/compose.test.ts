import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderCompose, writeCompose } from './compose.ts';
import type { ContainerSpec } from './container-spec.ts';

const spec: ContainerSpec = {
  name: 'zomboid-alpha',
  image: 'registry.example/zomboid:41',
  template: 'zomboid',
  env: {
    SERVER_NAME: 'alpha',
    WELCOME: 'costs $5: "hello" # not a comment',
    OPEN: 'true',
    RCON_PASSWORD: "pa$$'w#rd",
    ADMIN_PASSWORD: 'plain-Secret1',
    JOIN_PASSWORD: 'two words $HOME',
  },
  labels: { 'zedops.managed': 'true', 'zedops.server.id': 'abc', 'zedops.server.name': 'alpha' },
  mounts: [{ hostPath: '/srv/zomboid/alpha/data', containerPath: '/home/steam/Zomboid' }],
  ports: [{ port: 16_261, protocol: 'udp' }],
  networks: ['zomboid-servers', 'zomboid-backend'],
  memoryBytes: 4 * 1024 ** 3,
  cpus: 2,
  pids: 2048,
  log: { maxBytes: 10 * 1024 ** 2, files: 5 },
  stopSeconds: 90,
};
const secretKeys = ['RCON_PASSWORD', 'ADMIN_PASSWORD', 'JOIN_PASSWORD', 'NOT_SET'];

describe('renderCompose', () => {
  test('says everything the spec does, in the words of compose', () => {
    expect(parse(renderCompose(spec, secretKeys))).toMatchObject({
      services: {
        alpha: {
          image: spec.image,
          container_name: 'zomboid-alpha',
          restart: 'no',
          env_file: './server.env',
          environment: { SERVER_NAME: 'alpha', OPEN: 'true' },
          labels: spec.labels,
          ports: ['16261:16261/udp'],
          volumes: [{ type: 'bind', source: '/srv/zomboid/alpha/data', target: '/home/steam/Zomboid' }],
          networks: ['zomboid-servers', 'zomboid-backend'],
          mem_limit: '4294967296b',
          cpus: 2,
          pids_limit: 2048,
          stop_grace_period: '90s',
          logging: { driver: 'json-file', options: { 'max-size': '10485760', 'max-file': '5' } },
        },
      },
      networks: { 'zomboid-servers': { external: true }, 'zomboid-backend': { external: true } },
    });
  });

  test('holds no secret', () => {
    const text = renderCompose(spec, secretKeys);
    for (const key of secretKeys) {
      expect(text).not.toContain(key);
      expect(text).not.toContain(spec.env[key] ?? 'not set');
    }
    expect(parse(renderCompose(spec, [])).services.alpha).not.toHaveProperty('env_file');
  });

  test('protects dollar signs from compose, which would replace them', () => {
    const { WELCOME } = parse(renderCompose(spec, secretKeys)).services.alpha.environment;
    expect(WELCOME).toBe('costs $$5: "hello" # not a comment');
  });
});

describe('writeCompose', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zedops-compose-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('writes the secrets beside it, for their owner alone', async () => {
    await writeCompose(folder, spec, secretKeys);
    expect((await readdir(folder)).toSorted()).toEqual(['compose.yaml', 'server.env']);
    expect((await stat(join(folder, 'server.env'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'compose.yaml'), 'utf8')).toBe(renderCompose(spec, secretKeys));
    expect(await readFile(join(folder, 'server.env'), 'utf8')).toBe(
      ['RCON_PASSWORD="pa\\$\\$\'w#rd"', 'ADMIN_PASSWORD=plain-Secret1', "JOIN_PASSWORD='two words $HOME'", ''].join(
        '\n',
      ),
    );
  });
});
