import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type HostReadiness, ServerPlan } from '../../protocol/entities/plan.ts';
import type { TakenPort } from '../../protocol/entities/port.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { Forwarded } from '../../protocol/forward.ts';
import { type AgentScript, type CoreBed, holding, openCoreBed, type ScriptedAgent } from '../core-bed.ts';
import type { Identity } from '../people/identity.ts';

let bed: CoreBed;
let hostId: string;
let admin: Identity;

beforeEach(async () => {
  bed = await openCoreBed();
  hostId = await bed.host('box-1');
  admin = await bed.person([holding('admin')]);
});
afterEach(() => bed.close());

const alpha = { name: 'alpha', image: 'little', env: { ADMIN_PASSWORD: 'Adm1n-secret-of-alpha' } };
const ready: HostReadiness = {
  taken: [],
  disk: { path: '/srv', freeBytes: 1e12, totalBytes: 2e12 },
  image: { isPresent: true },
  folder: { path: '/srv/alpha', state: 'absent', hasWorld: false },
};
const found = (change: Partial<HostReadiness>): Record<string, AgentScript> => ({
  'host.preflight': async () => ({ ...ready, ...change }),
});
const other: TakenPort = {
  ...{ port: 16_261, protocol: 'udp' },
  holder: { kind: 'container', name: 'old-pz', isStopped: true },
};

async function plan(change: object = {}): Promise<ServerPlan> {
  return z.object({ plan: ServerPlan }).parse(await bed.ask(admin, 'server.plan', { ...alpha, ...change })).plan;
}
async function names(deleted = false): Promise<readonly string[]> {
  const reply = z.object({ servers: z.array(z.object({ name: z.string() })) });
  return reply.parse(await bed.ask(admin, 'server.list', { deleted })).servers.map(({ name }) => name);
}
function forwarded(agent: ScriptedAgent, subject: string): Forwarded[] {
  return agent.asked.filter((one) => one.subject === subject).map(({ data }) => Forwarded.parse(data));
}

describe('a plan', () => {
  test('says that all is well, and makes nothing', async () => {
    const agent = await bed.agent(hostId);
    const { checks, isPossible, ports } = await plan();
    expect(isPossible).toBe(true);
    expect(checks.map(({ name, level }) => `${name} ${level}`)).toEqual([
      ...['name ok', 'settings ok', 'ports ok', 'disk ok', 'memory ok', 'image ok', 'data ok'],
    ]);
    expect(ports).toHaveLength(2);
    expect(await names()).toEqual([]);
    expect(agent.desired.size).toBe(0);
  });

  const cases: readonly (readonly [string, Partial<HostReadiness>, object, string, string])[] = [
    ['a port of a stopped container', { taken: [other] }, {}, 'ports', 'old-pz on box-1, which is stopped'],
    [
      'a folder with a world',
      { folder: { path: '/srv/alpha', state: 'occupied', hasWorld: true } },
      {},
      'data',
      'holds a world already',
    ],
    ['nothing to take over', {}, { useExistingData: true }, 'data', 'nothing to take over'],
    [
      'a link where its folder is to be',
      { folder: { path: '/srv/alpha', state: 'in-the-way', hasWorld: false } },
      {},
      'data',
      'not a folder',
    ],
    ['an image that is never pulled', { image: { isPresent: false } }, { pull: 'never' }, 'image', 'never pulled'],
    [
      'an image that its registry lacks',
      { image: { isPresent: false, registry: 'has-not' } },
      {},
      'image',
      'has no image',
    ],
    ['a registry that refuses', { image: { isPresent: false, registry: 'refuses' } }, {}, 'image', 'does not let'],
    ['more memory than there is', {}, { limits: { memoryMb: 16_000 } }, 'memory', 'is more than box-1 has'],
    ['a container of the same name', { sameName: 'little-alpha' }, {}, 'name', 'is named little-alpha'],
    ['an engine that is silent', { blind: 'it does not run' }, {}, 'host', 'it does not run'],
  ];
  test.each(cases)('refuses %s, and so does a create', async (_, change, request, name, text) => {
    const agent = await bed.agent(hostId, found(change));
    const { checks, isPossible } = await plan(request);
    expect(isPossible).toBe(false);
    expect(checks.filter(({ level }) => level === 'refuse')).toMatchObject([
      { name, text: expect.stringContaining(text), code: expect.any(String) },
    ]);
    await expect(bed.ask(admin, 'server.create', { ...alpha, ...request })).rejects.toThrow(text);
    expect(await names()).toEqual([]);
    expect(forwarded(agent, 'server.create')).toEqual([]);
  });

  test('warns of a registry that does not answer, and of more memory promised than there is', async () => {
    await bed.agent(hostId, {
      ...found({ image: { isPresent: false, registry: 'unreachable', problem: 'no such host' } }),
      'server.create': async (data, { progress }) => {
        progress({ step: 'begins' });
        progress({ step: 'goes on' });
        return { ...named(data), state: 'ready' };
      },
    });
    const steps: unknown[] = [];
    await bed.ask(
      admin,
      'server.create',
      { ...alpha, limits: { memoryMb: 5000 } },
      { progress: (step) => steps.push(step) },
    );
    expect(steps).toEqual([
      { step: expect.stringContaining('no such host'), isWarning: true },
      { step: 'begins' },
      { step: 'goes on' },
    ]);
    const env = { ...alpha.env, GAME_PORT: '17001', DIRECT_PORT: '17002' };
    const { checks, isPossible } = await plan({ name: 'beta', env, limits: { memoryMb: 5000 } });
    expect(isPossible).toBe(true);
    expect(checks.filter(({ level }) => level === 'warn').map(({ name }) => name)).toEqual(['memory', 'image']);
  });

  test('of a host that is away is of the fleet’s plan alone, and says so', async () => {
    const agent = await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    await agent.disconnect();
    const { checks } = await plan({ name: 'beta' });
    expect(checks[0]).toMatchObject({ name: 'host', level: 'refuse', text: expect.stringContaining('is offline') });
    expect(checks.find(({ name }) => name === 'ports')).toMatchObject({ text: expect.stringContaining('alpha') });
    const answer = await bed.ask(admin, 'port.check', { ports: [{ port: 17_001, protocol: 'udp' }] });
    expect(answer).toMatchObject({ taken: [], unchecked: 'box-1 is offline: only the fleet’s plan was checked' });
  });

  test('of a host that goes away while it is asked names the host, and nothing is made', async () => {
    const agent = await bed.agent(hostId, {
      'host.preflight': async () => {
        await agent.disconnect();
        return ready;
      },
    });
    const error = await bed.ask(admin, 'server.create', alpha).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('box-1 went away') });
    expect(await names()).toEqual([]);
  });

  test('two creates at once do not get the same ports', async () => {
    await bed.agent(hostId);
    const made = await Promise.allSettled(
      ['alpha', 'beta', 'gamma'].map((name) => bed.ask(admin, 'server.create', { ...alpha, name })),
    );
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await names()).toHaveLength(1);
  });
});

describe('ports', () => {
  test('are suggested beside those of the plan and those of the host', async () => {
    await bed.agent(hostId, {
      'host.ports': async () => ({ taken: [{ ...other, port: 16_264 }] }),
    });
    await bed.ask(admin, 'server.create', alpha);
    expect(await bed.ask(admin, 'port.suggest', { count: 2 })).toEqual({
      host: 'box-1',
      sets: [
        { game: 16_265, direct: 16_266 },
        { game: 16_267, direct: 16_268 },
      ],
    });
    const { ports } = z
      .object({ ports: z.array(z.looseObject({ port: z.int() })) })
      .parse(await bed.ask(admin, 'port.list', { all: true }));
    expect(ports.map(({ port }) => port)).toEqual([16_261, 16_262, 16_264]);
  });

  test('of servers someone may not see are taken by another server', async () => {
    await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    const viewer = await bed.person([holding('viewer')], ['host:read']);
    const answer = await bed.ask(viewer, 'port.check', { host: 'box-1', ports: [{ port: 16_261, protocol: 'udp' }] });
    expect(answer).toMatchObject({ taken: [{ holder: { kind: 'server', name: 'another server' } }] });
    expect(JSON.stringify(answer)).not.toContain('alpha');
  });
});

describe('a create that failed', () => {
  const broken: AgentScript = async () => {
    throw new ZedopsError('INTERNAL', 'the engine is broken');
  };
  const failed = async (scripts: Readonly<Record<string, AgentScript>> = {}): Promise<ScriptedAgent> => {
    const agent = await bed.agent(hostId, { 'server.create': broken, ...scripts });
    await expect(bed.ask(admin, 'server.create', alpha)).rejects.toThrow('the engine is broken');
    const [made] = [...agent.desired.values()];
    if (!made) throw new Error('nothing was made');
    const at = '2026-01-02T03:04:06.000Z';
    const failure = { subject: 'server.create', message: 'the engine is broken', at };
    agent.observe({ id: made.id, name: 'alpha', revision: 1, at, data: 'missing', failure });
    await expect
      .poll(() => bed.ask(admin, 'server.show', { server: 'alpha' }))
      .toMatchObject({ server: { state: 'failed', detail: 'the engine is broken' } });
    return agent;
  };

  test('is continued as the same server, with what was changed', async () => {
    const agent = await failed({ 'server.retry': async (data) => ({ ...named(data), state: 'ready' }) });
    const before = [...agent.desired.values()][0];
    await bed.ask(admin, 'server.retry', { server: 'alpha', set: { GAME_PORT: '17001' }, limits: { cpus: 2 } });
    const [sent] = forwarded(agent, 'server.retry');
    expect(sent?.input).toEqual({ server: 'alpha' });
    expect(sent?.server).toMatchObject({
      ...{ id: before?.id, revision: 2, power: 'on', limits: { cpus: 2 } },
      env: { ...before?.env, GAME_PORT: '17001' },
    });
    expect(sent?.server?.game.ports).toMatchObject([{ port: 17_001 }, { port: 16_262 }]);
  });

  test('stays as it was where its retry is not taken or cannot be', async () => {
    const busy: AgentScript = async () => {
      throw new ZedopsError('CONFLICT', 'alpha is busy');
    };
    const agent = await failed({ 'server.retry': busy });
    const set = { GAME_PORT: '17001' };
    await expect(bed.ask(admin, 'server.retry', { server: 'alpha', set })).rejects.toThrow('alpha is busy');
    await expect(bed.ask(admin, 'server.retry', { server: 'alpha', set: { GAME_PROT: '1' } })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('GAME_PORT'),
    });
    const shown = await bed.ask(admin, 'server.show', { server: 'alpha' });
    expect(shown).toMatchObject({ server: { env: { GAME_PORT: '16261' }, ports: [{ port: 16_261 }, {}] } });
    expect(forwarded(agent, 'server.retry')).toHaveLength(1);
  });

  test('is no longer there, and its name is free, when it is deleted before it had anything', async () => {
    await failed({
      'server.delete': async (data) => ({ name: named(data).name, keptAt: '/srv/alpha', isEmpty: true }),
    });
    await bed.ask(admin, 'server.delete', { server: 'alpha' });
    expect([await names(), await names(true)]).toEqual([[], []]);
    expect(await bed.codeOf(admin, 'server.plan', alpha)).toBe('ok');
    expect((await plan()).isPossible).toBe(true);
  });

  test('is kept like any other when it has data', async () => {
    await failed();
    await bed.ask(admin, 'server.delete', { server: 'alpha' });
    expect(await names(true)).toEqual(['alpha']);
  });

  test('is not what another server is', async () => {
    await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    await expect(bed.ask(admin, 'server.retry', { server: 'alpha' })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'alpha is no create that failed, so there is nothing to retry',
    });
  });
});

function named(data: unknown): { readonly id: string; readonly name: string } {
  const { server } = Forwarded.parse(data);
  if (!server) throw new Error('no server came with it');
  return { id: server.id, name: server.name };
}
