import { expect, test } from 'vitest';
import { createFakeRuntime } from '../../../test/fakes/fake-runtime.ts';
import { systemClock } from '../../platform/clock.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { LogKeeper } from '../logs/follow.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { buildSpec } from '../spec/spec-build.ts';
import { createIntents } from './intents.ts';
import { createLooker } from './looker.ts';
import { createObserver } from './observer.ts';
import { testServer } from './server-bed.ts';

const server = testServer();
const unreadLogs: LogKeeper = {
  of: () => Promise.reject(new Error('not read here')),
  maskOf: () => (text) => text,
  follow: () => undefined,
  caughtUp: async () => undefined,
  sealed: () => Promise.reject(new Error('not read here')),
  placeOf: () => ({ numbering: '', archive: '', arriving: '' }),
  release: async () => undefined,
  forget: async () => undefined,
  close: async () => undefined,
};

/** A looker over an engine that answers `list` and only then goes on with what happens meanwhile. */
function lookerOver(runtime: Runtime, servers: readonly DesiredServer[] = [server]) {
  const observer = createObserver(systemClock);
  const looker = createLooker({
    runtime,
    registry: {
      accept: async (desired) => desired,
      get: () => server,
      find: (id) => servers.find((each) => each.id === id),
      all: () => servers,
      forget: async () => undefined,
    },
    observer,
    logs: unreadLogs,
    status: {
      load: async () => undefined,
      save: () => undefined,
      forget: async () => undefined,
      flushed: async () => undefined,
    },
    intents: createIntents(),
    clock: systemClock,
    applied: { madeOf: (made) => made, waiting: () => undefined },
    folderOf: ({ name }) => `/srv/${name}`,
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

test('servers without a container are looked for in one more listing, however many they are', async () => {
  const { runtime } = createFakeRuntime();
  let lists = 0;
  const servers = Array.from({ length: 50 }, (_, index) => ({ ...server, id: `s${index}`, name: `alpha-${index}` }));
  const { looker, observer } = lookerOver(
    {
      ...runtime,
      list() {
        lists += 1;
        return runtime.list();
      },
    },
    servers,
  );
  await looker.lookAtAll();
  expect(observer.all().map(({ data }) => data)).toEqual(servers.map(() => 'present'));
  expect(lists).toBe(2);
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

test('a container made anew behind our back, with another id, is found by its label', async () => {
  const { runtime, container } = createFakeRuntime();
  const { looker, observer } = lookerOver(runtime);
  const first = await runtime.create(spec);
  await looker.look(server);
  container('s1').vanish();
  const second = await runtime.create(spec);
  await looker.look(server, { containerId: second });
  expect(second).not.toBe(first);
  expect(observer.find('s1')?.container?.id).toBe(second);
  expect(observer.find('s1')?.conflict).toBeUndefined();
});

test('two containers that say they are one server are both named, and the one that runs is shown', async () => {
  const { runtime } = createFakeRuntime();
  const { looker, observer } = lookerOver(runtime);
  await runtime.create(spec);
  await looker.look(server);
  const second = await runtime.create({ ...spec, name: 'copy' });
  await runtime.start(second);
  await looker.look(server, { containerId: second });
  expect(observer.find('s1')?.conflict).toEqual(['copy', 'simulator-alpha']);
  expect(observer.find('s1')?.container?.name).toBe('copy');
  await runtime.kill(second);
  await runtime.remove(second);
  await looker.look(server);
  expect(observer.find('s1')?.conflict).toBeUndefined();
  expect(observer.find('s1')?.container?.name).toBe('simulator-alpha');
});

test('looking at everything finds the second container too', async () => {
  const { runtime } = createFakeRuntime();
  const { looker, observer } = lookerOver(runtime);
  await runtime.create(spec);
  await runtime.create({ ...spec, name: 'copy' });
  await looker.lookAtAll();
  expect(observer.find('s1')?.conflict).toEqual(['copy', 'simulator-alpha']);
});

test('a start behind our back is a new run: what was known of the one before is forgotten', async () => {
  const { runtime, container } = createFakeRuntime();
  const { looker, observer } = lookerOver(runtime);
  const id = await runtime.create(spec);
  await runtime.start(id);
  await looker.look(server);
  const startedAt = observer.find('s1')?.container?.startedAt ?? '';
  observer.note(server, {
    readyAt: new Date(Date.parse(startedAt)).toISOString(),
    evidence: { at: '2026-01-01T00:00:00.000Z', container: true, marker: true, gamePort: true },
  });
  container('s1').exit(0);
  await looker.look(server);
  expect(observer.find('s1')?.evidence).toMatchObject({ container: false });
  expect(observer.find('s1')?.readyAt).toBeUndefined();
  await runtime.start(id);
  await looker.look(server);
  expect(observer.find('s1')?.evidence).toEqual({ at: expect.any(String), container: true });
});

test('a look that began before the engine went away does not say that it answers', async () => {
  const { runtime } = createFakeRuntime();
  await runtime.create(spec);
  let meanwhile = (): void => undefined;
  const { looker, observer } = lookerOver({
    ...runtime,
    async inspect(id) {
      const found = await runtime.inspect(id);
      meanwhile();
      return found;
    },
  });
  meanwhile = () => looker.blind('the engine does not answer');
  await looker.look(server);
  expect(observer.find('s1')).toMatchObject({ blind: 'the engine does not answer' });
  meanwhile = () => undefined;
  await looker.look(server);
  expect(observer.find('s1')?.blind).toBeUndefined();
});
