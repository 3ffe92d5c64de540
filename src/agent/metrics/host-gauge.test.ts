import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { HostMetrics } from '../../protocol/entities/metrics.ts';
import { createHostGauge } from './host-gauge.ts';

let proc: string;
beforeEach(async () => {
  proc = await mkdtemp(join(tmpdir(), 'zedops-proc-'));
});
afterEach(() => rm(proc, { recursive: true, force: true }));

const at = '2026-01-02T03:04:05.000Z';
const clock = createFakeClock(Date.parse(at));
const disks = async () => [];
const cpus = availableParallelism();

test('a host is read from what its kernel shows', async () => {
  await writeFile(join(proc, 'loadavg'), '0.52 1.04 2.00 3/456 7890\n');
  await writeFile(
    join(proc, 'meminfo'),
    'MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:  600 kB\nSwapTotal: 100 kB\nSwapFree: 75 kB\n',
  );
  await writeFile(join(proc, 'stat'), 'cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3 4\n');
  const measure = createHostGauge({ proc, disks, clock });
  const first = await measure();
  expect(first).toEqual({
    at,
    load: [0.52, 1.04, 2],
    cpus,
    memoryTotalBytes: 1_024_000,
    memoryAvailableBytes: 614_400,
    swapTotalBytes: 102_400,
    swapUsedBytes: 25_600,
    disks: [],
  });
  // Of two hundred more, fifty busy: who waits for a disk is not.
  await writeFile(join(proc, 'stat'), 'cpu  130 0 120 800 150 0 0 0 0 0\n');
  expect((await measure()).cpusBusy).toBeCloseTo(cpus / 4, 2);
});

test('what a system does not tell is absent', async () => {
  expect(await createHostGauge({ proc, disks, clock })()).toEqual({ at, cpus, disks: [] });
});

test('this machine tells', async () => {
  const measured = HostMetrics.parse(await createHostGauge({ proc: '/proc', disks, clock })());
  expect(measured.memoryTotalBytes).toBeGreaterThan(measured.memoryAvailableBytes ?? Number.POSITIVE_INFINITY);
  expect(measured.load).toHaveLength(3);
});
