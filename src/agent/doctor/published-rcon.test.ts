import { expect, test } from 'vitest';
import type { KeptContainer, KeptPort } from '../runtime/upkeep.ts';
import { testServer } from '../servers/server-bed.ts';
import { examineListeningRcon, examinePublishedRcon } from './published-rcon.ts';

const rcon = { port: 27_020, passwordKey: 'RCON_PASSWORD' };
const server = testServer({ game: { ...testServer().game, rcon } });
const port = (change: Partial<KeptPort> = {}): KeptPort => ({
  ...{ inside: 27_020, protocol: 'tcp', address: '', port: 27_020 },
  ...change,
});
const container = (change: Partial<KeptContainer>): KeptContainer => ({
  ...{ name: 'simulator-alpha', isStopped: false, ports: [], image: 'x:1', imageId: 'sha256:1' },
  ...change,
});

test.each<[string, readonly KeptPort[], string | undefined]>([
  ['nothing', [port({ inside: 16_261, protocol: 'udp', port: 16_261 })], undefined],
  ['on the loopback address', [port({ address: '127.0.0.1' }), port({ address: '::1' })], undefined],
  ['everywhere', [port()], 'on every address of this host, port 27020'],
  ['on one address', [port({ address: '127.0.0.1' }), port({ address: '192.0.2.7' })], 'on 192.0.2.7, port 27020'],
  ['on a port of the engine’s choice', [port({ port: 0 })], 'on every address of this host:'],
])('a server of ours publishes %s', (_, ports, where) => {
  for (const isStopped of [false, true]) {
    const found = examinePublishedRcon([container({ serverId: 's1', isStopped, ports })], [server]);
    if (where === undefined) expect(found).toEqual([]);
    else {
      expect(found).toMatchObject([{ check: 'RCON of alpha', level: 'fail', fix: 'zedops server rebuild alpha' }]);
      expect(found[0]?.message).toContain(where);
    }
  }
});

test('a running container of others that publishes what looks like RCON is told of, a stopped one is not', () => {
  const ports = [port({ inside: 27_015, port: 27_099 })];
  expect(examinePublishedRcon([container({ name: 'pz', ports })], [server])).toMatchObject([
    { check: 'published RCON', level: 'warn', message: expect.stringContaining('the container pz,') },
  ]);
  expect(examinePublishedRcon([container({ name: 'pz', ports, isStopped: true })], [server])).toEqual([]);
});

test('a game that runs as a process is told of where its console listens to others', () => {
  const socket = { port: 27_020, protocol: 'tcp', isLoopback: true } as const;
  expect(examineListeningRcon([socket], [server])).toEqual([]);
  expect(examineListeningRcon([{ ...socket, protocol: 'udp', isLoopback: false }], [server])).toEqual([]);
  expect(examineListeningRcon([{ ...socket, isLoopback: false }], [server])).toMatchObject([
    { check: 'RCON of alpha', level: 'warn', fix: expect.stringContaining('27020/tcp') },
  ]);
});
