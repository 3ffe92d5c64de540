import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { boundPorts, isUdpPortBound, socketsOn } from './game-port.ts';
import { testServer } from './server-bed.ts';

const head =
  '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops';
const bound =
  ' 2114: 00000000:3F85 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 4711 2 0000000000000000 0';
const other =
  ' 2115: 0100007F:3F86 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 4712 2 0000000000000000 0';
const overIpv6 =
  '  100: 00000000000000000000000000000000:3F85 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 4713 2 0000000000000000 0';

const container = { id: 'f'.repeat(64), pid: 42, kind: 'docker' } as const;
const bare = { id: 'alpha', pid: 42, kind: 'process' } as const;

test('finds the sockets of a port in a table, and no other', () => {
  expect(socketsOn([head, bound, other].join('\n'), 16_261)).toEqual(['4711']);
  expect(socketsOn([head, overIpv6].join('\n'), 16_261)).toEqual(['4713']);
  expect(socketsOn(head, 16_261)).toEqual([]);
  expect(socketsOn('', 16_261)).toEqual([]);
});

describe('whether a port is bound', () => {
  let proc: string;
  beforeEach(async () => {
    proc = await mkdtemp(join(tmpdir(), 'zedops-proc-'));
  });
  afterEach(() => rm(proc, { recursive: true, force: true }));

  const given = async (files: { cgroup: string; udp: string; udp6?: string; sockets?: readonly string[] }) => {
    const { cgroup, udp, udp6, sockets = [] } = files;
    await mkdir(join(proc, '42/net'), { recursive: true });
    await mkdir(join(proc, '42/fd'), { recursive: true });
    await writeFile(join(proc, '42/cgroup'), cgroup);
    await writeFile(join(proc, '42/net/udp'), `${head}\n${udp}\n`);
    if (udp6 !== undefined) await writeFile(join(proc, '42/net/udp6'), `${head}\n${udp6}\n`);
    for (const [index, inode] of sockets.entries()) await symlink(`socket:[${inode}]`, join(proc, `42/fd/${index}`));
  };
  const own = `0::/system.slice/docker-${container.id}.scope\n`;

  test('in a container: as its own table says', async () => {
    await given({ cgroup: own, udp: bound });
    expect(await isUdpPortBound(proc, container, 16_261)).toBe(true);
    expect(await isUdpPortBound(proc, container, 16_262)).toBe(false);
  });

  test('over IPv6 alone', async () => {
    await given({ cgroup: own, udp: other, udp6: overIpv6 });
    expect(await isUdpPortBound(proc, container, 16_261)).toBe(true);
  });

  test('is not known where the number is another process here', async () => {
    await given({ cgroup: '0::/init.scope\n', udp: bound });
    expect(await isUdpPortBound(proc, container, 16_261)).toBeUndefined();
    expect(await isUdpPortBound(proc, { ...container, pid: 43 }, 16_261)).toBeUndefined();
    expect(await isUdpPortBound(proc, { id: container.id, kind: 'docker' }, 16_261)).toBeUndefined();
  });

  test('by a bare process: only where the socket is its own', async () => {
    await given({ cgroup: '0::/\n', udp: bound, sockets: ['1', '4711'] });
    expect(await isUdpPortBound(proc, bare, 16_261)).toBe(true);
    expect(await isUdpPortBound(proc, bare, 16_262)).toBe(false);
  });

  test('by someone else on the host: is not known', async () => {
    await given({ cgroup: '0::/\n', udp: bound, sockets: ['1'] });
    expect(await isUdpPortBound(proc, bare, 16_261)).toBeUndefined();
  });

  test('of a server: that of the game and that for direct connections, each by itself', async () => {
    const udp = (name: 'game' | 'direct', port: number) => ({ name, port, protocol: 'udp' }) as const;
    const server = testServer();
    const both = { ...server, game: { ...server.game, ports: [udp('game', 16_261), udp('direct', 16_262)] } };
    const one = { ...server, game: { ...server.game, ports: [udp('game', 16_261)] } };
    await given({ cgroup: own, udp: bound });
    expect(await boundPorts(both, container, proc)).toEqual({ gamePort: true, directPort: false });
    expect(await boundPorts(one, container, proc)).toEqual({ gamePort: true, directPort: undefined });
  });
});
