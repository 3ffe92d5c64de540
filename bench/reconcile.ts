import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { openLogKeeper } from '../src/agent/logs/follow.ts';
import { createDockerRuntime } from '../src/agent/runtime/docker.ts';
import type { Runtime } from '../src/agent/runtime/runtime.ts';
import { createIntents } from '../src/agent/servers/intents.ts';
import { createLooker, type Looker } from '../src/agent/servers/looker.ts';
import { createObserver, type Observer } from '../src/agent/servers/observer.ts';
import { openRegistry } from '../src/agent/servers/registry.ts';
import { openStatusKeeper } from '../src/agent/servers/status.ts';
import { worldPresent } from '../src/agent/spec/server-folders.ts';
import { systemClock } from '../src/platform/clock.ts';
import { silentLog } from '../src/platform/log.ts';
import type { DesiredServer } from '../src/protocol/entities/server.ts';
import type { Cleaner } from './cleaner.ts';
import { type Bench, beside } from './comparison.ts';
import { createContainers, serverOfContainer } from './created-containers.ts';
import { socketPath } from './docker-engine.ts';
import { leanEnv } from './machine.ts';
import { interleave } from './statistics.ts';
import { timed } from './timed.ts';

const servers = 200;
const rounds = 20;

/** How long an agent takes to hold everything on its host against what it should be. */
export const reconcile: Bench = {
  name: 'reconcile',
  method: `${servers} created containers with ZedOps’ labels and an agent’s looker with ${servers} servers that are to have them, in process, on the real engine and disk: one look at all, as at each connect and every five minutes, which lists the containers, inspects each and looks for each world. Beside it \`docker ps --all --quiet\` and one \`docker inspect\` of all ${servers}, two processes that compare nothing with anything; ${rounds} interleaved rounds, medians. The second row is the same look where none of the servers has a container, beside the same \`docker ps\`.`,
  async run(context) {
    const { cleaner, say } = context;
    const runtime = createDockerRuntime({ socketPath, clock: systemClock, log: silentLog });
    cleaner.add(() => runtime.close());
    const full = await createLookers(cleaner, runtime, serverOfContainer);
    const empty = await createLookers(cleaner, runtime, (index) => `nowhere-${index}`);
    const ids = await createContainers(context, servers);
    await full.looker.lookAtAll();
    const seen = full.observer.all().filter(({ container }) => container !== undefined).length;
    if (seen !== servers) throw new Error(`the agent sees the containers of ${seen} of ${servers} servers`);
    say(`${rounds} rounds`);
    const samples = await interleave(rounds, {
      agent: () => timed(() => full.looker.lookAtAll()),
      docker: () => timed(() => listAndInspect(ids)),
      nothing: () => timed(() => empty.looker.lookAtAll()),
      list: () => timed(listOnly),
    });
    return [
      beside(`a look at ${servers} servers`, samples('agent'), samples('docker'), 'ms'),
      beside(`a look at ${servers} servers without containers`, samples('nothing'), samples('list'), 'ms'),
    ];
  },
};

/** An agent's looker at servers that are on its list, with all it reads and writes but the manager. */
async function createLookers(
  cleaner: Cleaner,
  runtime: Runtime,
  nameOf: (index: number) => string,
): Promise<{ readonly looker: Looker; readonly observer: Observer }> {
  const folder = await mkdtemp(join(tmpdir(), 'zedops-bench-'));
  cleaner.add(() => rm(folder, { recursive: true, force: true }));
  const [clock, log] = [systemClock, silentLog];
  const registry = await openRegistry(join(folder, 'servers'), log);
  for (let index = 0; index < servers; index += 1) await registry.accept(desiredServer(nameOf(index), index));
  const observer = createObserver(clock);
  const status = await openStatusKeeper(join(folder, 'status'), log);
  const logs = await openLogKeeper({
    folder: join(folder, 'logs'),
    runtime,
    clock,
    log,
    learned: status.flushed,
    onChunk: () => undefined,
  });
  cleaner.add(() => logs.close());
  const looker = createLooker({
    runtime,
    registry,
    observer,
    logs,
    status,
    intents: createIntents(),
    clock,
    applied: { madeOf: (server) => server, waiting: () => undefined },
    folderOf: ({ name }) => `/srv/${name}`,
    worldPresent: (server) => worldPresent(server, folder),
  });
  return { looker, observer };
}

function desiredServer(name: string, index: number): DesiredServer {
  return {
    id: name,
    name,
    revision: 1,
    power: 'off',
    image: { template: 'simulator', reference: 'zedops-bench-empty:latest', pull: 'never' },
    env: {},
    secretKeys: [],
    game: {
      worldName: name,
      ports: [{ name: 'game', port: 20_000 + index, protocol: 'udp' }],
      volumes: [{ folder: 'data', path: '/data' }],
      stopSeconds: 60,
    },
    limits: {},
    deleted: false,
  };
}

async function listAndInspect(ids: readonly string[]): Promise<void> {
  await listOnly();
  await execa('docker', ['inspect', ...ids], { env: leanEnv(), extendEnv: false, maxBuffer: 64 * 1024 * 1024 });
}

async function listOnly(): Promise<void> {
  await execa('docker', ['ps', '--all', '--quiet', '--no-trunc'], { env: leanEnv(), extendEnv: false });
}
