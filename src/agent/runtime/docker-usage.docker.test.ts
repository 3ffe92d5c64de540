import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { systemClock } from '../../platform/clock.ts';
import { silentLog } from '../../platform/log.ts';
import { createDockerRuntime } from './docker.ts';
import { createDockerEngine } from './docker-engine.ts';
import { readDockerUsage } from './docker-usage.ts';

const socketPath = '/var/run/docker.sock';
const engine = createDockerEngine(socketPath, systemClock);
const runtime = createDockerRuntime({ socketPath, clock: systemClock, log: silentLog });
const name = `zedops-usage-${process.pid}`;
const mib = 1024 ** 2;
let id = '';

beforeAll(async () => {
  const labels = ['--label', 'zedops.managed=true', '--label', 'zedops.server.id=usage'];
  const limits = ['--memory', '256m', '--cpus', '0.5'];
  const program = 'globalThis.kept = Buffer.alloc(50 * 1024 ** 2, 1); for (;;) Math.sqrt(2);';
  const image = ['--entrypoint', '/usr/local/bin/node', 'zedops-simulator:latest', '-e', program];
  id = (await execa('docker', ['run', '--detach', '--name', name, ...labels, ...limits, ...image])).stdout.trim();
});
afterAll(async () => {
  await execa('docker', ['rm', '--force', name], { reject: false });
  await runtime.close();
  engine.close();
});

test('a container’s memory, CPU and limits are read, from control groups and from the engine alike', async () => {
  const container = await runtime.inspect(id);
  if (!container) throw new Error('the container is not there');
  const nowhere = { proc: '/nowhere', cgroups: '/nowhere' };
  await eventually('its memory to be filled', async () => {
    const usage = await runtime.usage?.(container);
    return (usage?.memoryBytes ?? 0) > 50 * mib && (usage?.cpuSeconds ?? 0) > 0.2;
  });
  const [kernel, told] = [await runtime.usage?.(container), await readDockerUsage(engine, nowhere, container)];
  for (const usage of [kernel, told]) {
    expect(usage?.memoryBytes).toBeGreaterThan(50 * mib);
    expect(usage?.memoryBytes).toBeLessThan(256 * mib);
    expect(usage?.memoryLimitBytes).toBe(256 * mib);
  }
  expect(Math.abs((kernel?.memoryBytes ?? 0) - (told?.memoryBytes ?? 0))).toBeLessThan(20 * mib);
  expect(told?.cpuSeconds).toBeGreaterThanOrEqual(kernel?.cpuSeconds ?? Number.POSITIVE_INFINITY);
  // The engine does not tell it with the rest: it has come from the control groups.
  expect(kernel?.cpusLimit).toBeCloseTo(0.5);
  expect(told?.cpusLimit).toBeUndefined();
});

test('of a container that is gone nothing is known', async () => {
  expect(
    await readDockerUsage(engine, { proc: '/nowhere', cgroups: '/nowhere' }, { id: 'f'.repeat(64) }),
  ).toBeUndefined();
});
