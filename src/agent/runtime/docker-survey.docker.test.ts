import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../../test/support/free-port.ts';
import { systemClock } from '../../platform/clock.ts';
import { createHostPorts } from '../host/host-ports.ts';
import { createDockerEngine } from './docker-engine.ts';
import { createDockerSurvey } from './docker-survey.ts';

const engine = createDockerEngine('/var/run/docker.sock', systemClock);
const survey = createDockerSurvey(engine);
const image = 'zedops-simulator:latest';
const stopped = `zedops-survey-stopped-${process.pid}`;
const running = `zedops-survey-running-${process.pid}`;
let port = 0;
let runningPort = 0;

beforeAll(async () => {
  [port, runningPort] = [await freePort(), await freePort()];
  await execa('docker', ['create', '--name', stopped, '-p', `${port}:16261/udp`, image]);
  const long = ['--env', 'ADMIN_PASSWORD=x', '-p', `127.0.0.1:${runningPort}:27015/tcp`];
  await execa('docker', ['run', '--detach', '--name', running, ...long, image]);
});
afterAll(async () => {
  await execa('docker', ['rm', '--force', stopped, running], { reject: false });
  engine.close();
});

test('sees what a stopped container would publish, and what a running one does', async () => {
  const all = await survey.containers();
  expect(all.find(({ name }) => name === stopped)).toEqual({
    ...{ name: stopped, isStopped: true },
    ports: [{ port, protocol: 'udp' }],
  });
  expect(all.find(({ name }) => name === running)?.ports).toContainEqual({ port: runningPort, protocol: 'tcp' });
});

test('a host names the container rather than the proxy that holds its socket', async () => {
  const { containers } = survey;
  const ports = createHostPorts({ containers, servers: () => [], isUp: () => false, proc: '/proc' });
  const wanted = [
    { port, protocol: 'udp' },
    { port: runningPort, protocol: 'tcp' },
    { port, protocol: 'tcp' },
  ] as const;
  expect((await ports.taken(wanted)).toSorted((a, b) => a.holder.name.localeCompare(b.holder.name))).toEqual([
    { port: runningPort, protocol: 'tcp', holder: { kind: 'container', name: running } },
    { port, protocol: 'udp', holder: { kind: 'container', name: stopped, isStopped: true } },
  ]);
});

test('knows which images are here, and that a registry out of reach says nothing about one', async () => {
  expect(await survey.hasImage(image)).toBe(true);
  expect(await survey.hasImage('example.invalid/nothing:latest')).toBe(false);
  expect(await survey.registry('example.invalid/nothing:latest')).toMatchObject({ registry: 'unreachable' });
  expect(await survey.imageFolder()).toMatch(/^\//);
});
