import { describe, expect, test } from 'vitest';
import { ZedopsError } from '../../protocol/errors.ts';
import { createCliBed } from '../cli-bed.ts';
import { diskText, hostUse, serverUse } from './metrics-text.ts';

const at = '2026-01-02T03:04:05.000Z';
const gib = 1024 ** 3;
const folder = (path: string) => [{ path, use: 'data-root' as const }];
const host = { at, cpus: 4, disks: [] };

describe('metrics in words', () => {
  test('say what of its limits a server takes', () => {
    expect(
      serverUse({
        at,
        cpusBusy: 1.42,
        cpusLimit: 2,
        memoryBytes: 3 * gib,
        memoryLimitBytes: 6 * gib,
        startedAt: '2026-01-02T01:04:05Z',
      }),
    ).toEqual([
      ['uses CPU', '142% of one core, 71% of its 2'],
      ['uses memory', '3 GiB of 6 GiB'],
      ['runs for', '2 h'],
    ]);
    expect(serverUse({ at }).map(([, value]) => value)).toEqual([undefined, undefined, undefined]);
  });

  test('name the disk that is nearest to full, and before it one that does not answer', () => {
    const roomy = { folders: folder('/a'), totalBytes: 100 * gib, freeBytes: 50 * gib };
    const full = { folders: folder('/b'), totalBytes: 1000 * gib, freeBytes: 60 * gib };
    const silent = { folders: folder('/nfs'), problem: 'its file system does not answer' };
    expect(diskText({ ...host, disks: [roomy, full] })).toBe('60 GiB free');
    expect(diskText({ ...host, disks: [roomy, silent] })).toBe('a disk does not answer');
    expect(diskText(host)).toBeUndefined();
    expect(hostUse({ ...host, disks: [roomy, silent], cpusBusy: 1 })).toContainEqual([
      'disk',
      '/nfs (servers): its file system does not answer',
    ]);
  });
});

describe('the command line', () => {
  const row = { id: 'h1', name: 'box-1', connection: 'online', servers: 0 };
  const server = { name: 'alpha', host: 'box-1', at };
  const metrics = {
    hosts: [{ ...host, id: 'h1', name: 'box-1', load: [0.5, 1, 1] }],
    servers: [
      { ...server, id: 's1', cpusBusy: 0.1, memoryBytes: 2 * gib },
      { ...server, id: 's2', name: 'beta', cpusBusy: 1.5, memoryBytes: gib },
    ],
  };

  test('shows in top what takes most first', async () => {
    const bed = createCliBed('/nonexistent', { 'fleet.metrics': () => metrics });
    const { code, stdout } = await bed.run(['top']);
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.replace(/ +/g, ' '))).toEqual([
      'HOST LOAD CPU MEMORY DISK',
      'box-1 0.50 - - -',
      '',
      'SERVER HOST CPU MEMORY RUNS FOR',
      'beta box-1 150% 1 GiB -',
      'alpha box-1 10% 2 GiB -',
      '',
    ]);
    const byMemory = JSON.parse((await bed.run(['top', '--sort', 'memory', '--json'])).stdout);
    expect(byMemory).toEqual(metrics);
  });

  test('lists hosts of an older manager without their load', async () => {
    const bed = createCliBed('/nonexistent', { 'host.list': () => ({ hosts: [row] }) });
    const { code, stdout } = await bed.run(['host', 'list', '--wide']);
    expect([code, stdout]).toEqual([0, 'box-1  online  -  -  0 servers\n']);
    const newer = createCliBed('/nonexistent', {
      'host.list': () => ({ hosts: [row] }),
      'fleet.metrics': () => metrics,
    });
    expect((await newer.run(['host', 'list', '--wide'])).stdout).toContain('load 0.50');
  });

  test('does not take a failure of the manager for one that may pass', async () => {
    const bed = createCliBed('/nonexistent', {
      'host.list': () => ({ hosts: [row] }),
      'fleet.metrics'() {
        throw new ZedopsError('INTERNAL', 'The manager failed');
      },
    });
    expect((await bed.run(['host', 'list', '--wide'])).code).not.toBe(0);
  });
});
