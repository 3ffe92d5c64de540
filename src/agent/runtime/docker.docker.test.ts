import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { silentLog } from '../../platform/log.ts';
import type { ContainerSpec } from '../spec/container-spec.ts';
import { managedLabel, serverIdLabel, serverNameLabel } from '../spec/spec-build.ts';
import { createDockerRuntime } from './docker.ts';
import { gameSource, type RuntimeUnderTest, runtimeContract, until } from './runtime.contract.ts';

const socketPath = '/var/run/docker.sock';
const image = `zedops-contract-${process.pid}:test`;
const quiet = new AbortController().signal;

/** Builds an image of nothing but this Node, the libraries it is linked to, and the scripted game. */
async function buildImage(): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'zedops-image-'));
  try {
    const { stdout } = await execa('ldd', [process.execPath]);
    const libraries = stdout.match(/\/\S+\.so\S*/g) ?? [];
    for (const path of libraries) {
      await mkdir(join(root, dirname(path)), { recursive: true });
      await cp(path, join(root, path), { dereference: true });
    }
    await cp(process.execPath, join(root, 'node'), { dereference: true });
    await writeFile(join(root, 'game.mjs'), gameSource);
    for (const folder of ['tmp', 'proc', 'sys', 'dev', 'etc', 'data'])
      await mkdir(join(root, folder), { recursive: true });
    const change = ['--change', 'CMD ["/node", "/game.mjs"]'];
    const tar = execa('tar', ['-C', root, '-c', '.'], { encoding: 'buffer', buffer: false });
    await tar.pipe(execa('docker', ['import', ...change, '-', image]));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function openDocker(): Promise<RuntimeUnderTest> {
  const runtime = createDockerRuntime({ socketPath, clock: systemClock, log: silentLog });
  await runtime.version();
  return {
    runtime,
    hasExec: true,
    async spec(base) {
      const spec = { ...base, image };
      await runtime.prepare(spec, 'never', () => undefined, quiet);
      return spec;
    },
    dispose: () => runtime.close(),
  };
}

beforeAll(buildImage);
afterAll(async () => {
  await execa('docker', ['rmi', '--force', image]);
});

runtimeContract('a Docker engine', openDocker);

describe('a Docker engine', () => {
  const runtime = createDockerRuntime({ socketPath, clock: systemClock, log: silentLog });
  const made: string[] = [];
  let data: string;
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'zedops-data-'));
  });
  afterAll(async () => {
    for (const id of made) await execa('docker', ['rm', '--force', id], { reject: false });
    await runtime.close();
    await rm(data, { recursive: true, force: true });
  });

  const spec = (name: string, changes: Partial<ContainerSpec> = {}): ContainerSpec => ({
    name: `docker-${name}-${process.pid}`,
    image,
    template: 'docker',
    env: { GAME: '[]' },
    labels: { [managedLabel]: 'true', [serverIdLabel]: name, [serverNameLabel]: name },
    mounts: [{ hostPath: data, containerPath: '/data' }],
    ports: [],
    networks: ['zomboid-servers', 'zomboid-backend'],
    memoryBytes: 128 * 1024 ** 2,
    cpus: 1,
    pids: 128,
    log: { maxBytes: 10 * 1024 ** 2, files: 5 },
    stopSeconds: 60,
    ...changes,
  });
  const create = async (wanted: ContainerSpec): Promise<string> => {
    const id = await runtime.create(wanted);
    made.push(id);
    return id;
  };
  const inspect = async (id: string): Promise<unknown> => {
    const { stdout } = await execa('docker', ['inspect', id]);
    return JSON.parse(stdout)[0];
  };

  test('asks for limits, rotation, networks and no privileges', async () => {
    const id = await create(spec('limits', { ports: [{ port: 26_261, protocol: 'udp' }] }));
    expect(await inspect(id)).toMatchObject({
      HostConfig: {
        Memory: 128 * 1024 ** 2,
        MemorySwap: 128 * 1024 ** 2,
        NanoCpus: 1_000_000_000,
        PidsLimit: 128,
        Privileged: false,
        RestartPolicy: { Name: 'no' },
        NetworkMode: 'zomboid-servers',
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10485760', 'max-file': '5' } },
        PortBindings: { '26261/udp': [{ HostPort: '26261' }] },
        SecurityOpt: ['no-new-privileges:true'],
      },
      Config: { StopTimeout: 60, Tty: false, OpenStdin: false },
      Mounts: [{ Type: 'bind', Source: data, Destination: '/data', RW: true }],
      NetworkSettings: { Networks: { 'zomboid-servers': {}, 'zomboid-backend': {} } },
    });
  });

  test('names the port that is taken', async () => {
    const ports = [{ port: 26_263, protocol: 'udp' as const }];
    await runtime.start(await create(spec('first', { ports })));
    const second = await create(spec('second', { ports }));
    await expect(runtime.start(second)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('26263'),
    });
  });

  test('says when a game ran out of memory', async () => {
    const hog = 'const kept = []; for (;;) kept.push(Buffer.alloc(8 * 1024 * 1024, 1));';
    const id = await create(
      spec('hog', {
        memoryBytes: 64 * 1024 ** 2,
        env: { GAME: '[]', NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hog)}` },
      }),
    );
    await runtime.start(id);
    await until('the exit', async () => (await runtime.inspect(id))?.status === 'exited');
    expect(await runtime.inspect(id)).toMatchObject({ exitCode: 137, oomKilled: true });
  });

  test('shows a paused container, and stops it all the same', async () => {
    const id = await create(spec('paused'));
    await runtime.start(id);
    await execa('docker', ['pause', id]);
    expect(await runtime.inspect(id)).toMatchObject({ status: 'paused' });
    await runtime.stop(id, 5);
    expect(await runtime.inspect(id)).toMatchObject({ status: 'exited' });
  });

  test('does not see or touch what is not ours', async () => {
    const { stdout: id } = await execa('docker', ['create', '--name', `not-ours-${process.pid}`, image]);
    made.push(id);
    expect(await runtime.inspect(id)).toBeUndefined();
    expect((await runtime.list()).map((one) => one.id)).not.toContain(id);
    await expect(runtime.start(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(runtime.stop(id, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(runtime.kill(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await runtime.remove(id);
    await execa('docker', ['inspect', id]);
  });

  test('refuses what the engine refuses, with its code', async () => {
    const nowhere = [{ hostPath: join(data, 'nowhere'), containerPath: '/data' }];
    await expect(runtime.create(spec('nowhere', { mounts: nowhere }))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const missing = spec('missing', { image: 'zedops-no-such-image:none' });
    await expect(runtime.create(missing)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(runtime.prepare(missing, 'never', () => undefined, quiet)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('says that the engine is not there, and how to help', async () => {
    const nowhere = createDockerRuntime({ socketPath: join(data, 'no.sock'), clock: systemClock, log: silentLog });
    await expect(nowhere.version()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      hint: expect.stringContaining('docker'),
    });
    const watching = nowhere.watch(
      () => undefined,
      () => undefined,
      quiet,
    );
    await expect(watching).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await nowhere.close();
  });
});
