import { createSocket } from 'node:dgram';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { silentLog } from '../../platform/log.ts';
import type { ContainerSpec } from '../spec/container-spec.ts';
import { createProcessRuntime } from './process.ts';
import { readRun } from './process-files.ts';
import { isAlive } from './process-identity.ts';
import { type GameStep, gameSource, until } from './runtime.contract.ts';
import type { Runtime } from './runtime.ts';

const packageRoot = join(import.meta.dirname, '../../..');

describe('a game without a container', { timeout: 60_000 }, () => {
  let root: string;
  let runtime: Runtime;
  const openRuntime = (): Runtime =>
    createProcessRuntime({
      folder: join(root, 'processes'),
      clock: systemClock,
      log: silentLog,
      packageRoot,
      processCommand: (template) =>
        new Map([
          [
            'scripted',
            { command: [process.execPath, join(root, 'game.mjs')], env: { DATA: '{data}', NONE: '{what}' } },
          ],
          ['environment', { command: ['/usr/bin/env'], env: { DATA: '{data}' } }],
          ['absent', { command: ['{bin}/start-server.sh'], env: {} }],
          ['itself', { command: ['{zedops}', 'simulator'], env: {} }],
        ]).get(template),
    });

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'zedops-survival-'));
    await writeFile(join(root, 'game.mjs'), gameSource);
    await mkdir(join(root, 'alpha/data'), { recursive: true });
    await mkdir(join(root, 'alpha/bin'), { recursive: true });
    runtime = openRuntime();
  });
  afterEach(async () => {
    for (const { id } of await runtime.list()) {
      await runtime.kill(id);
      await runtime.remove(id);
    }
    await runtime.close();
    await rm(root, { recursive: true });
  });

  const spec = (steps: readonly GameStep[], changes: Partial<ContainerSpec> = {}): ContainerSpec => ({
    name: 'scripted-alpha',
    image: 'scripted',
    template: 'scripted',
    env: { GAME: JSON.stringify(steps), RCON_PASSWORD: 'canary-4711' },
    labels: { 'zedops.managed': 'true', 'zedops.server.id': 'abc', 'zedops.server.name': 'alpha' },
    mounts: ['bin', 'data'].map((folder) => ({ hostPath: join(root, 'alpha', folder), containerPath: `/${folder}` })),
    ports: [],
    networks: [],
    memoryBytes: 1,
    cpus: 1,
    pids: 1,
    log: { maxBytes: 65_536, files: 3 },
    stopSeconds: 60,
    ...changes,
  });
  const run = async (wanted: ContainerSpec): Promise<string> => {
    const id = await runtime.create(wanted);
    await runtime.start(id);
    return id;
  };
  const runOf = async (id: string) => {
    const found = await readRun(join(root, 'processes', id));
    if (!found) throw new Error('it never ran');
    return found;
  };
  const output = async (id: string, follow = false): Promise<string[]> => {
    const lines: string[] = [];
    await runtime.logs(
      id,
      { follow, signal: new AbortController().signal },
      ({ text }) => void lines.push(...text.split('\n')),
    );
    return lines;
  };

  test('is found again, with its output, by the agent’s next life', async () => {
    const id = await run(
      spec([
        ['out', 'before'],
        ['tick', 20],
      ]),
    );
    const before = await runtime.inspect(id);
    await runtime.close();
    runtime = openRuntime();
    expect(await runtime.inspect(id)).toEqual(before);
    const seen = (await output(id)).length;
    await until('more output', async () => (await output(id)).length > seen);
    await runtime.stop(id, 20);
    expect(await runtime.inspect(id)).toMatchObject({ status: 'exited', exitCode: 0 });
  });

  test('runs on, and is shown running, when its supervisor is killed; how it then ends is not made up', async () => {
    const id = await run(spec([]));
    const { supervisor } = await runOf(id);
    process.kill(supervisor.pid, 'SIGKILL');
    await until('the supervisor to be gone', async () => !(await isAlive(supervisor)));
    expect(await runtime.inspect(id)).toMatchObject({ status: 'running', address: '127.0.0.1' });
    await expect(runtime.remove(id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await runtime.start(id);
    await runtime.stop(id, 20);
    const ended = await runtime.inspect(id);
    expect(ended).toMatchObject({ status: 'exited', finishedAt: expect.any(String) });
    expect(ended).not.toHaveProperty('exitCode');
    await runtime.start(id);
    expect(await runtime.inspect(id)).toMatchObject({ status: 'running' });
  });

  test('hands secrets over in a private file, never as an argument, and nothing of the agent’s own environment', async () => {
    process.env.ZEDOPS_TEST_CANARY = 'agent-secret';
    const id = await run(spec([], { name: 'environment-alpha', template: 'environment' }));
    delete process.env.ZEDOPS_TEST_CANARY;
    await until('the exit', async () => (await runtime.inspect(id))?.status === 'exited');
    const printed = (await output(id)).map((line) => line.slice(33));
    expect(printed).toContain('RCON_PASSWORD=canary-4711');
    expect(printed).toContain(`DATA=${join(root, 'alpha/data')}`);
    expect(printed.join('\n')).not.toContain('agent-secret');
    const scripted = await run(spec([]));
    const { supervisor, game } = await runOf(scripted);
    for (const { pid } of [supervisor, game])
      expect(await readFile(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('canary');
    expect(await readFile(`/proc/${supervisor.pid}/environ`, 'utf8')).not.toContain('canary');
  });

  test('keeps its log in files of bounded size, and a reader crosses them without a gap', async () => {
    const id = await run(
      spec(
        [
          ['burst', 3_000],
          ['exit', 0],
        ],
        { log: { maxBytes: 65_536, files: 100 } },
      ),
    );
    expect(await output(id, true)).toHaveLength(3_000);
    expect(await output(id)).toHaveLength(3_000);
    const short = await run(
      spec(
        [
          ['burst', 6_000],
          ['exit', 0],
        ],
        { name: 'scripted-beta' },
      ),
    );
    await until('the exit', async () => (await runtime.inspect(short))?.status === 'exited');
    const kept = await output(short);
    expect(kept.length).toBeLessThan(5_500);
    expect(kept.at(-1)).toMatch(/line 599[89]$/);
  });

  test('is refused where there is nothing to run', async () => {
    await expect(runtime.create(spec([], { template: 'docker-only' }))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      hint: 'use a host with Docker for it',
    });
    const id = await runtime.create(spec([], { template: 'absent' }));
    await expect(runtime.start(id)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('ENOENT'),
    });
    expect(await runtime.inspect(id)).toMatchObject({ status: 'created' });
  });

  test('does not start on a port somebody has', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, resolve));
    const { port } = socket.address();
    const id = await runtime.create(spec([], { ports: [{ port, protocol: 'udp' }] }));
    await expect(runtime.start(id)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(`${port}/udp`),
    });
    await new Promise<void>((resolve) => socket.close(() => resolve()));
    await runtime.start(id);
  });
});
