import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AdoptionFacts } from '../../protocol/entities/adoption.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { Forwarded } from '../../protocol/forward.ts';
import { serverAdoptPlan } from '../../protocol/operations/adoption.ts';
import { serverList } from '../../protocol/operations/server.ts';
import { type AgentScript, type CoreBed, holding, openCoreBed, type ScriptedAgent } from '../core-bed.ts';
import type { Identity } from '../people/identity.ts';

const secret = 'Adm1n-secret-of-alpha';

const facts: AdoptionFacts = {
  template: 'little',
  image: 'example.org/little:1.2',
  original: { id: 'c0ffee', name: 'pz', image: 'example.org/little:1.2', running: true, restart: 'unless-stopped' },
  env: { ADMIN_PASSWORD: secret, RCON_PASSWORD: 'rcon-secret', FOREIGN: 'x' },
  imageEnv: { PATH: '/bin', DIRECT_PORT: '17000' },
  ports: [
    { inside: 16_261, published: 26_261, protocol: 'udp' },
    { inside: 17_000, published: 17_000, protocol: 'udp' },
  ],
  limits: { memoryMb: 4096 },
  folders: [{ folder: 'data', from: '/srv/pz', to: '/srv/servers/alpha/data', how: 'copy', bytes: 10, files: 1 }],
  worlds: [{ name: 'oldworld', hasSave: true, ini: { RCONPort: '27111' } }],
  owner: { uid: 1000, gid: 1000 },
  warnings: [],
};
const request = { name: 'alpha', source: { kind: 'container', container: 'pz' }, way: 'copy' } as const;

let bed: CoreBed;
let hostId: string;
let admin: Identity;
let agent: ScriptedAgent;
let found: AdoptionFacts;
let outcome: AgentScript;

beforeEach(async () => {
  bed = await openCoreBed();
  hostId = await bed.host('box-1');
  admin = await bed.person([holding('admin')]);
  found = facts;
  outcome = async (data) => {
    const { server } = Forwarded.parse(data);
    return { id: server?.id, name: server?.name, state: 'ready', keptAs: 'pz.before-zedops' };
  };
  agent = await bed.agent(hostId, {
    'agent.adoption': async () => found,
    'agent.unmanaged': async () => ({ servers: [] }),
    'server.adopt': (data, incoming) => outcome(data, incoming),
  });
});
afterEach(() => bed.close());

const plan = async (change: object = {}) =>
  serverAdoptPlan.reply.parse(await bed.ask(admin, 'server.adopt-plan', { ...request, ...change })).plan;
const names = async () =>
  serverList.reply.parse(await bed.ask(admin, 'server.list', {})).servers.map(({ name }) => name);

describe('adopting a server', () => {
  test('plans with what the original was given, and not with what its image repeats', async () => {
    const { settings, ...rest } = await plan();
    expect(settings).toEqual(
      expect.arrayContaining([
        { key: 'ADMIN_PASSWORD', value: 'set', from: 'original' },
        { key: 'RCON_PASSWORD', value: 'set', from: 'original' },
        { key: 'GAME_PORT', value: '26261', from: 'original' },
        { key: 'DIRECT_PORT', value: '17000', from: 'image' },
        { key: 'SERVER_NAME', value: 'oldworld', from: 'ini' },
        { key: 'RCON_PORT', value: '27111', from: 'ini' },
      ]),
    );
    expect(settings).toHaveLength(6);
    expect(rest).toMatchObject({
      ...{ image: 'example.org/little:1.2', world: 'oldworld', leftOut: ['FOREIGN'], limits: { memoryMb: 4096 } },
      ports: [{ port: 26_261 }, { port: 17_000 }],
      original: { name: 'pz', keptAs: 'pz.before-zedops' },
      warnings: expect.arrayContaining([expect.stringContaining('published as 26261')]),
    });
    expect(await names()).toEqual([]);
  });

  test('sends its host the very container, and secrets in the desired state alone', async () => {
    expect(await bed.ask(admin, 'server.adopt', request)).toMatchObject({ state: 'ready' });
    const sent = Forwarded.parse(agent.asked.find(({ subject }) => subject === 'server.adopt')?.data);
    expect(sent).toMatchObject({
      input: { source: { kind: 'container', container: 'c0ffee' }, way: 'copy', env: {}, composeEnv: {} },
      server: { name: 'alpha', power: 'on', env: { ADMIN_PASSWORD: secret, SERVER_NAME: 'oldworld' } },
    });
    expect(JSON.stringify(sent.input)).not.toContain(secret);
    expect(await bed.bytesOnDisk()).not.toContain(secret);
    expect(await names()).toEqual(['alpha']);
  });

  test('takes what is said now before what is found, and a compose service’s env with it', async () => {
    const { settings } = await plan({ env: { GAME_PORT: '16500' }, composeEnv: { SERVER_NAME: 'oldworld' } });
    expect(settings).toContainEqual({ key: 'GAME_PORT', value: '16500', from: 'given' });
    expect(settings).toContainEqual({ key: 'SERVER_NAME', value: 'oldworld', from: 'original' });
  });

  test('takes the server off the list again where its host has put everything back', async () => {
    outcome = async () => {
      throw new ZedopsError('INTERNAL', 'it exited; pz is as it was');
    };
    await expect(bed.ask(admin, 'server.adopt', request)).rejects.toThrow('pz is as it was');
    expect(await names()).toEqual([]);
    expect(await bed.codeOf(admin, 'server.adopt', request)).toBe('INTERNAL');
  });

  test('refuses a world that is not there, several worlds, and ports and names that are taken', async () => {
    await expect(plan({ env: { SERVER_NAME: 'other' } })).rejects.toThrow('the world other, and there is oldworld');
    found = { ...facts, worlds: [...facts.worlds, { name: 'second', hasSave: true, ini: {} }] };
    await expect(plan()).rejects.toMatchObject({ hint: 'say --env SERVER_NAME=oldworld' });
    found = { ...facts, worlds: [] };
    await expect(plan()).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    found = { ...facts, env: {} };
    await expect(plan()).rejects.toThrow('ADMIN_PASSWORD is missing');
    found = facts;
    const beta = { name: 'beta', image: 'little', env: { ADMIN_PASSWORD: secret, GAME_PORT: '26261' } };
    await bed.ask(admin, 'server.create', beta);
    await expect(plan()).rejects.toThrow('belongs to beta');
    expect(await bed.codeOf(admin, 'server.adopt', request)).toBe('CONFLICT');
    expect(await names()).toEqual(['beta']);
  });

  test('is for those who may create servers on the host', async () => {
    const viewer = await bed.person([holding('viewer')]);
    expect(await bed.codeOf(viewer, 'server.adopt', request)).toBe('FORBIDDEN');
    expect(await bed.codeOf(viewer, 'server.adopt-plan', request)).toBe('FORBIDDEN');
    expect(await bed.codeOf(viewer, 'host.unmanaged', {})).toBe('ok');
  });
});
