import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { EngineUpkeep } from '../runtime/upkeep.ts';
import { testServer } from '../servers/server-bed.ts';
import { examineUpkeep } from './upkeep.ts';

const parts = {
  looker: { last: () => undefined },
  jobs: { list: () => [] },
  clock: createFakeClock(0),
  roots: [],
  proc: '/proc',
};
const upkeep: EngineUpkeep = {
  containers: async () => [],
  networks: async () => ['zomboid-servers', 'zomboid-backend'],
  image: async () => undefined,
};
const silent = () => Promise.reject(new ZedopsError('UNREACHABLE', 'Docker does not answer', { hint: 'start it' }));

test('what the engine does not answer is told, and the rest is looked at', async () => {
  const found = await examineUpkeep(
    { ...parts, runtime: { kind: 'docker', upkeep: { ...upkeep, containers: silent } } },
    [testServer()],
  );
  expect(found).toMatchObject([
    { check: 'containers', level: 'warn', message: 'could not be looked at: Docker does not answer', fix: 'start it' },
    { check: 'networks', level: 'ok' },
  ]);
});

test('a mistake of our own is not hidden', async () => {
  const broken = () => Promise.reject(new TypeError('a bug'));
  const runtime = { kind: 'docker', upkeep: { ...upkeep, networks: broken } } as const;
  await expect(examineUpkeep({ ...parts, runtime }, [])).rejects.toThrow('a bug');
});

test('without an engine only sockets and folders are looked at', async () => {
  expect(await examineUpkeep({ ...parts, runtime: { kind: 'process' } }, [testServer()])).toEqual([]);
});
