import { expect, test } from 'vitest';
import type { MetricsNews } from '../protocol/entities/metrics.ts';
import { createPlainMetrics } from './plain-metrics.ts';

const at = '2026-01-02T03:04:05.000Z';
const gib = 2 ** 30;
const nothing: MetricsNews = { isFirst: false, hosts: [], servers: [], goneHosts: [], goneServers: [] };

function host(memoryUsed: number, diskUsed: number | 'silent'): MetricsNews {
  const folders = [{ path: '/srv', use: 'data-root' as const }];
  const disk = diskUsed === 'silent' ? { problem: 'no answer' } : { totalBytes: 100, freeBytes: 100 - diskUsed };
  const memory = { memoryTotalBytes: 10 * gib, memoryAvailableBytes: (10 - memoryUsed) * gib };
  return {
    ...nothing,
    hosts: [{ id: 'h', at, load: [0.5, 0.4, 0.3], cpus: 2, ...memory, disks: [{ folders, ...disk }] }],
  };
}

function server(memoryGib: number): MetricsNews {
  const memory = { memoryBytes: memoryGib * gib, memoryLimitBytes: 4 * gib };
  return { ...nothing, servers: [{ id: 's', at, cpusBusy: 0.42, ...memory }] };
}

function listen(names: Record<string, string> = { h: 'host box-1', s: 'server alpha' }) {
  const said: string[] = [];
  return { said, names, take: createPlainMetrics({ nameOf: (id) => names[id], say: (text) => void said.push(text) }) };
}

test('what a host and a server take is told once, however often it changes a little', () => {
  const { said, take } = listen();
  for (const news of [host(3, 40), server(1), host(4, 41), server(1.5), host(2, 42)]) take(news);
  expect(said).toEqual([
    'host box-1: load 0.50 on 2 CPUs, memory 3.0G of 10.0G, disk 40% full',
    'server alpha: CPU 42% of one core, memory 1.0G of 4.0G',
  ]);
});

test('what comes near its end is told again, and when it gets away from it; not each time it wavers', () => {
  const { said, take } = listen();
  for (const disk of [40, 86, 84, 87, 83, 96, 94, 95, 80, 81]) take(host(3, disk));
  expect(said.map((text) => text.split(', ').at(-1))).toEqual([
    'disk 40% full',
    'disk 86% full',
    'disk 96% full',
    'disk 80% full',
  ]);
});

test('a disk that no longer answers is told', () => {
  const { said, take } = listen();
  take(host(3, 40));
  take(host(3, 'silent'));
  expect(said.at(-1)).toBe('host box-1: load 0.50 on 2 CPUs, memory 3.0G of 10.0G, a disk does not answer');
});

test('a server that was gone is told of anew, and one without a name once it has one', () => {
  const { said, names, take } = listen({});
  take(server(1));
  expect(said).toEqual([]);
  names.s = 'server alpha';
  take(server(1));
  take({ ...nothing, goneServers: ['s'] });
  take(server(2));
  expect(said).toEqual([
    'server alpha: CPU 42% of one core, memory 1.0G of 4.0G',
    'server alpha: CPU 42% of one core, memory 2.0G of 4.0G',
  ]);
});

test('what is not known is left out', () => {
  const { said, take } = listen();
  take({ ...nothing, hosts: [{ id: 'h', at, cpus: 2, disks: [] }], servers: [{ id: 's', at, memoryBytes: gib }] });
  expect(said).toEqual(['server alpha: memory 1.0G']);
});
