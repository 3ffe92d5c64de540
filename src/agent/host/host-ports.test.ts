import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { SurveyedContainer } from '../runtime/runtime.ts';
import { createHostPorts, type HostPortsDeps } from './host-ports.ts';

const game = {
  worldName: 'alpha',
  ports: [{ name: 'game' as const, port: 16_261, protocol: 'udp' as const }],
  rcon: { port: 27_015, passwordKey: 'RCON_PASSWORD' },
  volumes: [{ folder: 'data' as const, path: '/data' }],
  stopSeconds: 60,
};
const alpha = { id: 's1', name: 'alpha', game };

function bed(containers: readonly SurveyedContainer[] | undefined, change: Partial<HostPortsDeps> = {}) {
  return createHostPorts({
    ...(containers ? { containers: async () => containers } : {}),
    servers: () => [alpha],
    isUp: () => true,
    proc: '/nowhere',
    ...change,
  });
}

test('names servers by their label, and other containers, also those that are stopped', async () => {
  const taken = await bed([
    { name: 'simulator-alpha', isStopped: false, serverId: 's1', ports: [{ port: 16_261, protocol: 'udp' }] },
    { name: 'old-pz', isStopped: true, ports: [{ port: 16_271, protocol: 'udp' }] },
    { name: 'other-gone', isStopped: true, serverId: 's9', ports: [{ port: 16_281, protocol: 'udp' }] },
  ]).taken();
  expect(taken).toEqual([
    { port: 16_261, protocol: 'udp', holder: { kind: 'server', name: 'alpha', serverId: 's1' } },
    { port: 16_271, protocol: 'udp', holder: { kind: 'container', name: 'old-pz', isStopped: true } },
    {
      port: 16_281,
      protocol: 'udp',
      holder: { kind: 'container', name: 'other-gone', serverId: 's9', isStopped: true },
    },
  ]);
});

test('answers for the ports asked about, by protocol', async () => {
  const ports = bed([{ name: 'web', isStopped: false, ports: [{ port: 16_261, protocol: 'tcp' }] }]);
  expect(await ports.taken([{ port: 16_261, protocol: 'udp' }])).toEqual([]);
  expect(await ports.taken([{ port: 16_261, protocol: 'tcp' }])).toMatchObject([{ holder: { name: 'web' } }]);
});

test('without an engine a running game holds its ports and that of RCON itself', async () => {
  expect(await bed(undefined).taken()).toMatchObject([
    { port: 16_261, use: 'game', holder: { kind: 'server', name: 'alpha' } },
    { port: 27_015, use: 'rcon', holder: { kind: 'server', name: 'alpha' } },
  ]);
  expect(await bed(undefined, { isUp: () => false }).taken()).toEqual([]);
});

test('any program counts, and says more than a stopped container that wants the same port', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const port = { port: socket.address().port, protocol: 'udp' } as const;
  const ports = bed([{ name: 'old-pz', isStopped: true, ports: [port] }], { proc: '/proc' });
  expect(await ports.taken([port])).toMatchObject([{ ...port, holder: { kind: 'process', pid: process.pid } }]);
  await once(socket.close(), 'close');
});
