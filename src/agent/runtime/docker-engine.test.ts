import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { silentLog } from '../../platform/log.ts';
import { createDockerRuntime } from './docker.ts';
import { chooseApi } from './docker-engine.ts';
import { refused } from './docker-errors.ts';
import { createLayers, imageParts } from './docker-pull.ts';
import { until } from './runtime.contract.ts';
import type { Runtime, RuntimeEvent } from './runtime.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const id = 'a'.repeat(64);
const container = {
  Id: id,
  Name: '/zomboid-alpha',
  Config: { Image: 'zomboid:41', Labels: { 'zedops.managed': 'true', 'zedops.server.id': 'abc' } },
  State: {
    Status: 'running',
    StartedAt: '2026-11-21T10:00:00.1Z',
    FinishedAt: '0001-01-01T00:00:00Z',
    ExitCode: 0,
    OOMKilled: false,
  },
  NetworkSettings: {
    Networks: { bridge: { IPAddress: '172.17.0.2' }, 'zomboid-backend': { IPAddress: '172.20.0.2' } },
  },
};

describe('an engine that misbehaves', () => {
  let folder: string;
  let server: Server;
  let runtime: Runtime;
  let answers: Map<string, Answer>;
  let asked: string[];
  const clock = createFakeClock(Date.parse('2026-11-21T10:00:00Z'));
  const signal = new AbortController().signal;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zedops-engine-'));
    asked = [];
    answers = new Map<string, Answer>([
      [
        '/version',
        (_, response) =>
          response.end(JSON.stringify({ Version: '20.10.24', ApiVersion: '1.41', MinAPIVersion: '1.12' })),
      ],
      [`/containers/${id}/json`, (_, response) => response.end(JSON.stringify(container))],
    ]);
    server = createServer((request, response) => {
      const path = (request.url ?? '').replace(/^\/v1\.\d+/, '').replace(/\?.*/, '');
      asked.push(`${request.method} ${request.url}`);
      const answer = answers.get(path);
      if (answer) answer(request, response);
      else response.writeHead(404).end('{"message":"page not found"}');
    });
    const socketPath = join(folder, 'docker.sock');
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    runtime = createDockerRuntime({ socketPath, clock, log: silentLog });
  });
  afterEach(async () => {
    await runtime.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
    expect(clock.pending()).toBe(0);
  });

  test('is spoken to in its own version', async () => {
    expect(await runtime.version()).toBe('20.10.24');
    expect(asked.at(-1)).toBe('GET /v1.41/version');
    expect([chooseApi('1.41', '1.12'), chooseApi('1.52', '1.44'), chooseApi('1.60', '1.50')]).toEqual([
      '1.41',
      '1.47',
      '1.50',
    ]);
  });

  test('has a container’s absent times left out, and its address on the network for RCON', async () => {
    expect(await runtime.inspect(id)).toEqual({
      id,
      name: 'zomboid-alpha',
      image: 'zomboid:41',
      serverId: 'abc',
      status: 'running',
      startedAt: '2026-11-21T10:00:00.1Z',
      address: '172.20.0.2',
    });
  });

  test('is given up on when it says nothing', async () => {
    answers.set('/containers/json', () => undefined);
    const listing = runtime.list();
    await until('the question', () => asked.some((line) => line.includes('/containers/json')));
    clock.advance(30_000);
    await expect(listing).rejects.toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('30 s') });
  });

  test('says which port is taken', async () => {
    const message =
      'driver failed programming external connectivity: Bind for 0.0.0.0:16261 failed: port is already allocated';
    answers.set(`/containers/${id}/start`, (_, response) => response.writeHead(500).end(JSON.stringify({ message })));
    await expect(runtime.start(id)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('16261'),
    });
    const proxy = 'Error starting userland proxy: listen udp4 0.0.0.0:16262: bind: address already in use';
    answers.set(`/containers/${id}/start`, (_, response) =>
      response.writeHead(500).end(JSON.stringify({ message: proxy })),
    );
    await expect(runtime.start(id)).rejects.toMatchObject({ message: expect.stringContaining('16262/udp') });
  });

  test.each([
    [404, 'could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network'],
    [400, 'all predefined address pools have been fully subnetted'],
  ])('says that the engine has no addresses left for a network, and what helps: %i', (statusCode, message) => {
    expect(refused({ statusCode, message }, 'network zomboid-backend')).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('no addresses left for network zomboid-backend'),
      hint: expect.stringContaining('docker network prune'),
    });
  });

  test('ends a watch when its events end, and reads events cut anywhere', async () => {
    const event = JSON.stringify({
      Action: 'die',
      Actor: { ID: id, Attributes: { 'zedops.server.id': 'abc' } },
      timeNano: 1_795_255_200_000_000_000,
    });
    const ignored = event.replace('die', 'exec_create: sh');
    answers.set('/events', (_, response) => {
      response.write(`${ignored}\n${event.slice(0, 20)}`);
      setImmediate(() => response.end(`${event.slice(20)}\n`));
    });
    const events: RuntimeEvent[] = [];
    let live = 0;
    const watching = runtime.watch(
      (one) => events.push(one),
      () => {
        live += 1;
      },
      signal,
    );
    await expect(watching).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(live).toBe(1);
    expect(events).toEqual([{ serverId: 'abc', containerId: id, kind: 'exited', at: '2026-11-21T10:00:00.000Z' }]);
  });

  test('ends a log with UNREACHABLE when the connection dies in the middle', async () => {
    const line = `2026-11-21T10:00:00.000000001Z hello\n`;
    answers.set(`/containers/${id}/logs`, (_, response) => {
      response.write(Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, line.length]), Buffer.from(line)]));
      setTimeout(() => response.destroy(), 20);
    });
    const seen: string[] = [];
    const reading = runtime.logs(id, { follow: true, signal }, (chunk) => void seen.push(chunk.text));
    await expect(reading).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(seen).toEqual(['2026-11-21T10:00:00.000000001Z o hello']);
  });

  test('has a failed pull explained, and a silent one given up', async () => {
    answers.set('/networks', (_, response) => response.end('[{"Name":"zomboid-servers"}]'));
    answers.set('/images/create', (_, response) =>
      response.end('{"status":"Pulling"}\n{"error":"manifest unknown"}\n'),
    );
    const spec = {
      ...{ name: 'x-alpha', image: 'registry.example/x:1', template: 'x', env: {}, labels: {}, mounts: [], ports: [] },
      ...{
        networks: ['zomboid-servers'],
        memoryBytes: 1,
        cpus: 1,
        pids: 1,
        log: { maxBytes: 1, files: 1 },
        stopSeconds: 1,
      },
    };
    const pull = (): Promise<void> => runtime.prepare(spec, 'missing', () => undefined, signal);
    await expect(pull()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(asked.at(-1)).toContain('fromImage=registry.example%2Fx&tag=1');
    answers.set('/images/create', (_, response) => void response.write('{"status":"Pulling"}\n'));
    const silent = pull();
    const pulls = asked.length;
    await until('the pull', () => asked.slice(pulls).some((line) => line.includes('/images/create')));
    await until('the first news', () => clock.pending() === 1);
    clock.advance(300_000);
    await expect(silent).rejects.toMatchObject({ code: 'TIMEOUT' });
  });
});

describe('a pull', () => {
  test('is as far as its layers are, and never goes back', () => {
    const layers = createLayers();
    expect(layers.percent()).toBeUndefined();
    layers.note({ id: 'latest', status: 'Pulling from x' });
    layers.note({ id: 'a', status: 'Pulling fs layer' });
    layers.note({ id: 'b', status: 'Already exists' });
    expect(layers.percent()).toBe(50);
    layers.note({ id: 'a', status: 'Downloading', progressDetail: { current: 50, total: 100 } });
    expect(layers.percent()).toBe(62);
    layers.note({ id: 'a', status: 'Extracting', progressDetail: { current: 50, total: 100 } });
    layers.note({ id: 'a', status: 'Downloading', progressDetail: { current: 10, total: 100 } });
    expect(layers.percent()).toBe(87);
    layers.note({ id: 'a', status: 'Pull complete' });
    expect(layers.percent()).toBe(100);
  });

  test('is always of one tag or digest', () => {
    expect(imageParts('zomboid')).toEqual({ fromImage: 'zomboid', tag: 'latest' });
    expect(imageParts('host:5000/zomboid')).toEqual({ fromImage: 'host:5000/zomboid', tag: 'latest' });
    expect(imageParts('host:5000/zomboid:41')).toEqual({ fromImage: 'host:5000/zomboid', tag: '41' });
    expect(imageParts('zomboid@sha256:abc')).toEqual({ fromImage: 'zomboid', tag: 'sha256:abc' });
  });
});
