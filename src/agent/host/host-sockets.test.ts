import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { boundPorts, parseSockets, socketOwners } from './host-sockets.ts';

const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';

test('a TCP port is taken by who listens on it, not by a connection from it', () => {
  const table = [
    head,
    '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0',
    '   1: 0100007F:BC1A 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0 20 4 30 10 -1',
    '   2: garbage',
    '',
  ].join('\n');
  expect(parseSockets(table, 'tcp')).toEqual([{ port: 8080, protocol: 'tcp', inode: '4711', isLoopback: true }]);
});

test('a UDP port is taken by any socket bound to it, IPv6 or not', () => {
  const table = [
    head,
    ' 4083: 00000000:3F85 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9001 2 0 0',
    '  512: 00000000000000000000000000000000:3F86 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9002 2 0 0',
    '  513: 00000000:0000 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9003 2 0 0',
  ].join('\n');
  expect(parseSockets(table, 'udp')).toEqual([
    { port: 16_261, protocol: 'udp', inode: '9001', isLoopback: false },
    { port: 16_262, protocol: 'udp', inode: '9002', isLoopback: false },
  ]);
});

test.each([
  ['0100007F', true],
  ['0200007F', true],
  ['00000000', false],
  ['0101A8C0', false],
  ['00000000000000000000000001000000', true],
  ['00000000000000000000000000000000', false],
  ['0000000000000000FFFF00000100007F', true],
  ['0000000000000000FFFF00000101A8C0', false],
])('who can reach a socket on %s', (address, isLoopback) => {
  const line = `0: ${address}:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 4711 1 0`;
  expect(parseSockets(line, 'tcp')).toMatchObject([{ isLoopback }]);
});

test('finds the sockets of this very machine, and whose they are', async () => {
  const udp = createSocket('udp4').bind(0, '127.0.0.1');
  const tcp = createServer().listen(0, '127.0.0.1');
  await Promise.all([once(udp, 'listening'), once(tcp, 'listening')]);
  const address = tcp.address();
  const tcpPort = typeof address === 'object' ? address?.port : undefined;
  const bound = await boundPorts('/proc');
  const mine = bound.filter(
    ({ port, protocol }) =>
      (protocol === 'udp' && port === udp.address().port) || (protocol === 'tcp' && port === tcpPort),
  );
  expect(mine.map(({ protocol }) => protocol).toSorted()).toEqual(['tcp', 'udp']);
  const owners = await socketOwners('/proc', new Set(mine.map(({ inode }) => inode)));
  for (const { inode } of mine) expect(owners.get(inode)).toMatchObject({ pid: process.pid });
  await Promise.all([once(udp.close(), 'close'), once(tcp.close(), 'close')]);
});

test('where there is nothing to read, nothing is taken', async () => {
  expect(await boundPorts('/nowhere')).toEqual([]);
});
