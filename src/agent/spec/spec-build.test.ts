import { describe, expect, test } from 'vitest';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { buildSpec } from './spec-build.ts';

const gibibyte = 1024 ** 3;
const host = { dataRoot: '/srv/zomboid', hostMemoryBytes: 16 * gibibyte, hostCpus: 8 };

const server: DesiredServer = {
  id: 'abc123',
  name: 'alpha',
  revision: 4,
  power: 'on',
  image: { template: 'zomboid', reference: 'registry.example/zomboid:41', pull: 'missing' },
  env: { SERVER_NAME: 'alpha', RCON_PASSWORD: 'hunter2-hunter2' },
  secretKeys: ['RCON_PASSWORD'],
  game: {
    worldName: 'alpha',
    ports: [
      { name: 'game', port: 16_261, protocol: 'udp' },
      { name: 'direct', port: 16_262, protocol: 'udp' },
    ],
    rcon: { port: 27_015, passwordKey: 'RCON_PASSWORD' },
    volumes: [
      { folder: 'bin', path: '/home/steam/zomboid-dedicated' },
      { folder: 'data', path: '/home/steam/Zomboid' },
    ],
    stopSeconds: 90,
  },
  limits: { memoryMb: 4096, cpus: 2.5 },
  deleted: false,
};

describe('buildSpec', () => {
  test('says all of a server: name, folders, ports, networks, labels, limits', () => {
    expect(buildSpec(server, host)).toEqual({
      name: 'zomboid-alpha',
      image: 'registry.example/zomboid:41',
      template: 'zomboid',
      env: server.env,
      labels: {
        'zedops.managed': 'true',
        'zedops.server.id': 'abc123',
        'zedops.server.name': 'alpha',
        'zedops.type': 'zomboid',
        'zedops.revision': '4',
        'pz.rcon.enabled': 'true',
      },
      mounts: [
        { hostPath: '/srv/zomboid/alpha/bin', containerPath: '/home/steam/zomboid-dedicated' },
        { hostPath: '/srv/zomboid/alpha/data', containerPath: '/home/steam/Zomboid' },
      ],
      ports: [
        { port: 16_261, protocol: 'udp' },
        { port: 16_262, protocol: 'udp' },
      ],
      networks: ['zomboid-servers', 'zomboid-backend'],
      memoryBytes: 4 * gibibyte,
      cpus: 2.5,
      pids: 2048,
      log: { maxBytes: 50 * 1024 ** 2, files: 4 },
      stopSeconds: 90,
    });
  });

  test('never publishes RCON, even where a template lists its port', () => {
    const ports = [...server.game.ports, { name: 'direct' as const, port: 27_015, protocol: 'tcp' as const }];
    const spec = buildSpec({ ...server, game: { ...server.game, ports } }, host);
    expect(spec.ports).toEqual(buildSpec(server, host).ports);
  });

  test('gives a server without limits what the host has, less a reserve', () => {
    const unlimited = { ...server, limits: {}, game: { ...server.game, stopSeconds: 5 } };
    expect(buildSpec(unlimited, host)).toMatchObject({ memoryBytes: 14 * gibibyte, cpus: 8, stopSeconds: 60 });
    expect(buildSpec(unlimited, { ...host, hostMemoryBytes: 4 * gibibyte }).memoryBytes).toBe(3.5 * gibibyte);
  });
});
