import { afterEach, describe, expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { silentLog } from '../../platform/log.ts';
import type { HostReading } from '../../protocol/entities/metrics.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { RuntimeContainer } from '../runtime/runtime.ts';
import type { Usage } from '../runtime/usage.ts';
import { createSampler } from './sampler.ts';

const container: RuntimeContainer = {
  id: 'c1',
  name: 'alpha',
  image: 'x',
  status: 'running',
  serverId: 's1',
  startedAt: '2026-01-02T03:00:00Z',
};
let ending = new AbortController();
afterEach(() => ending.abort());

function bed() {
  ending = new AbortController();
  const clock = createFakeClock(Date.parse('2026-01-02T03:04:05.000Z'));
  const state: {
    containers: Map<string, RuntimeContainer>;
    usage: Usage | undefined;
    isSilent: boolean;
    hangs?: Promise<Usage> | undefined;
    measured: number;
  } = {
    containers: new Map([['s1', container]]),
    usage: { cpuSeconds: 10, memoryBytes: 100 },
    isSilent: false,
    measured: 0,
  };
  const sampler = createSampler({
    async measureHost() {
      state.measured += 1;
      return { at: '2026-01-02T03:04:05.000Z', cpus: 4, disks: [] };
    },
    async usageOf() {
      if (state.hangs) return state.hangs;
      if (state.isSilent) throw new ZedopsError('UNREACHABLE', 'The engine does not answer');
      return state.usage;
    },
    servers: () => [...state.containers.keys()],
    containerOf: (id) => state.containers.get(id),
    playersOf: () => 3,
    clock,
    log: silentLog,
    signal: ending.signal,
  });
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settled();
  };
  return { clock, state, sampler, pass };
}

const rowOf = ({ servers }: HostReading) => servers[0];

describe('the sampler', () => {
  test('knows how busy a server is from its second look on', async () => {
    const { state, sampler, pass } = bed();
    expect(rowOf(await sampler.fresh())).toEqual({
      id: 's1',
      at: '2026-01-02T03:04:05.000Z',
      memoryBytes: 100,
      startedAt: '2026-01-02T03:00:00Z',
    });
    state.usage = { cpuSeconds: 15, memoryBytes: 200, cpusLimit: 2, memoryLimitBytes: 1_000 };
    await pass(10_000);
    expect(rowOf(await sampler.fresh())).toMatchObject({
      cpusBusy: 0.5,
      cpusLimit: 2,
      memoryBytes: 200,
      memoryLimitBytes: 1_000,
    });
    expect(sampler.serverTrend('s1')).toEqual([
      { at: '2026-01-02T03:04:05.000Z', memoryBytes: 100, players: 3 },
      { at: '2026-01-02T03:04:15.000Z', cpusBusy: 0.5, memoryBytes: 200, players: 3 },
    ]);
  });

  test('does not count one run of a game against another, nor more CPUs than there are', async () => {
    const { state, sampler, pass } = bed();
    await sampler.fresh();
    state.containers.set('s1', { ...container, startedAt: '2026-01-02T03:04:06Z' });
    state.usage = { cpuSeconds: 1 };
    await pass(10_000);
    expect(rowOf(await sampler.fresh())).not.toHaveProperty('cpusBusy');
    state.usage = { cpuSeconds: 1_000 };
    await pass(10_000);
    expect(rowOf(await sampler.fresh())?.cpusBusy).toBe(4);
  });

  test('says nothing of a server that does not run, and only that it runs where nothing more is known', async () => {
    const { state, sampler, pass } = bed();
    state.isSilent = true;
    expect(rowOf(await sampler.fresh())).toEqual({
      id: 's1',
      at: '2026-01-02T03:04:05.000Z',
      startedAt: '2026-01-02T03:00:00Z',
    });
    state.containers.set('s1', { ...container, status: 'exited' });
    await pass(10_000);
    expect((await sampler.fresh()).servers).toEqual([]);
    state.containers.clear();
    await pass(10_000);
    await sampler.fresh();
    expect(sampler.serverTrend('s1')).toEqual([]);
  });

  test('does not wait for an engine that hangs, and asks it once only', async () => {
    const { clock, state, sampler, pass } = bed();
    const hanging = Promise.withResolvers<Usage>();
    state.hangs = hanging.promise;
    const measuring = sampler.fresh();
    await pass(0);
    await pass(3_000);
    expect(rowOf(await measuring)).not.toHaveProperty('memoryBytes');
    state.hangs = undefined;
    await pass(5_000);
    expect(rowOf(await sampler.fresh())).not.toHaveProperty('memoryBytes');
    hanging.resolve({ cpuSeconds: 1 });
    await pass(5_000);
    expect(rowOf(await sampler.fresh())).toHaveProperty('memoryBytes', 100);
    ending.abort();
    expect(clock.pending()).toBe(0);
  });

  test('measures every five seconds while someone watches, and else once a minute', async () => {
    const { state, sampler, pass } = bed();
    sampler.begin();
    await pass(0);
    await pass(5_000);
    expect(state.measured).toBe(2);
    await pass(30_000);
    expect(state.measured).toBe(2);
    await pass(30_000);
    expect(state.measured).toBe(3);
    const readings: HostReading[] = [];
    const unfollow = sampler.follow((reading) => readings.push(reading));
    for (let turn = 0; turn < 4; turn += 1) await pass(5_000);
    expect(readings).toHaveLength(4);
    unfollow();
    await pass(5_000);
    await pass(30_000);
    expect(readings).toHaveLength(4);
    expect(state.measured).toBe(8);
  });

  test('measures once for all who ask at a time, and leaves no timer behind', async () => {
    const { clock, state, sampler } = bed();
    sampler.begin();
    await Promise.all([sampler.fresh(), sampler.fresh(), sampler.fresh()]);
    await sampler.fresh();
    expect(state.measured).toBe(1);
    // Another server runs by now.
    state.containers.set('s2', { ...container, id: 'c2', serverId: 's2' });
    expect((await sampler.fresh()).servers.map(({ id }) => id)).toEqual(['s1', 's2']);
    ending.abort();
    expect(clock.pending()).toBe(0);
  });
});
