import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { createDockerEngine } from './docker-engine.ts';
import { createDockerUpkeep } from './docker-upkeep.ts';

const engine = createDockerEngine('/var/run/docker.sock', systemClock);
const upkeep = createDockerUpkeep(engine);
const image = 'zedops-simulator:latest';
const name = `zedops-upkeep-${process.pid}`;

beforeAll(async () => {
  const ports = ['-p', '127.0.0.1:27115:27015/tcp', '-p', '27116:27015/tcp', '-p', '16261/udp'];
  const labels = ['--label', 'zedops.managed=true', '--label', 'zedops.server.id=upkeep'];
  await execa('docker', ['create', '--name', name, '--stop-timeout', '77', ...ports, ...labels, image]);
});
afterAll(async () => {
  await execa('docker', ['rm', '--force', name], { reject: false });
  engine.close();
});

test('tells of a container what its upkeep needs, with the addresses it publishes on', async () => {
  const mine = (await upkeep.containers()).find((container) => container.name === name);
  const here = await upkeep.image(image);
  expect(mine).toMatchObject({ serverId: 'upkeep', isStopped: true, image, imageId: here?.id, stopSeconds: 77 });
  expect(Math.abs(Date.now() - (mine?.idleSince ?? 0))).toBeLessThan(120_000);
  expect(mine?.ports).toContainEqual({ inside: 27_015, protocol: 'tcp', address: '127.0.0.1', port: 27_115 });
  expect(mine?.ports).toContainEqual({ inside: 27_015, protocol: 'tcp', address: '', port: 27_116 });
  expect(mine?.ports).toContainEqual({ inside: 16_261, protocol: 'udp', address: '', port: 0 });
});

test('knows networks and images, and what is not here', async () => {
  expect(await upkeep.networks()).toContain('bridge');
  expect(await upkeep.image('example.invalid/nothing:latest')).toBeUndefined();
});
