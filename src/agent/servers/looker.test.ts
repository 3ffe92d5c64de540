import { expect, test } from 'vitest';
import { createFakeRuntime } from '../../../test/fakes/fake-runtime.ts';
import { systemClock } from '../../platform/clock.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { LogKeeper } from '../logs/follow.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { buildSpec } from '../spec-build.ts';
import { createIntents } from './intents.ts';
import { createLooker } from './looker.ts';
import { createObserver } from './observer.ts';

const server: DesiredServer = {
  id: 's1',
  name: 'alpha',
  revision: 1,
  power: 'on',
  image: { template: 'simulator', reference: 'zedops-simulator:latest', pull: 'never' },
  env: {},
  secretKeys: [],
  game: { worldName: 'alpha', ports: [], volumes: [{ folder: 'data', path: '/data' }], stopSeconds: 60 },
  limits: {},
  deleted: false,
};
const unreadLogs: LogKeeper = {
  of: () => Promise.reject(new Error('not read here')),
  follow: () => undefined,
  caughtUp: async () => undefined,
  close: async () => undefined,
};

/** A looker over an engine that answers `list` and only then goes on with what happens meanwhile. */
function lookerOver(runtime: Runtime) {
  const observer = createObserver(systemClock);
  const looker = createLooker({
    runtime,
    registry: { accept: async (desired) => desired, get: () => server, find: () => server, all: () => [server] },
    observer,
    logs: unreadLogs,
    status: { load: async () => undefined, save: () => undefined, flushed: async () => undefined },
    intents: createIntents(),
    applied: { madeOf: (made) => made, waiting: () => undefined },
    worldPresent: async () => true,
  });
  return { looker, observer };
}

const spec = buildSpec(server, { dataRoot: '/srv', hostMemoryBytes: 8 * 1024 ** 3, hostCpus: 2 });

test('a container made after everything was listed is not called missing', async () => {
  const { runtime } = createFakeRuntime();
  let isFirst = true;
  const { looker, observer } = lookerOver({
    ...runtime,
    async list() {
      const listed = await runtime.list();
      if (isFirst) await runtime.create(spec);
      isFirst = false;
      return listed;
    },
  });
  await looker.lookAtAll();
  expect(observer.find('s1')?.container?.status).toBe('created');
});

test('a container removed after everything was listed is', async () => {
  const { runtime } = createFakeRuntime();
  const id = await runtime.create(spec);
  let isFirst = true;
  const { looker, observer } = lookerOver({
    ...runtime,
    async list() {
      const listed = await runtime.list();
      if (isFirst) await runtime.remove(id);
      isFirst = false;
      return listed;
    },
  });
  await looker.lookAtAll();
  expect(observer.find('s1')).toBeDefined();
  expect(observer.find('s1')?.container).toBeUndefined();
});
