import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { type CoreBed, holding, openCoreBed, type ScriptedAgent } from '../core-bed.ts';
import type { Identity } from '../people/identity.ts';
import { listAudit } from '../store/audit.ts';

describe('tags and selectors', () => {
  let bed: CoreBed;
  let admin: Identity;
  let agent: ScriptedAgent;
  let boxId: string;
  const create = (name: string, port: number): Promise<unknown> =>
    bed.ask(admin, 'server.create', {
      name,
      host: 'box-1',
      image: 'little',
      env: { ADMIN_PASSWORD: 'x', GAME_PORT: String(port), DIRECT_PORT: String(port + 1), RCON_PORT: String(port + 2) },
    });
  const names = async (identity: Identity, on: string): Promise<unknown> => {
    const reply = await bed.ask(identity, 'server.list', { on });
    return Reflect.get(Object(reply), 'servers').map(({ name }: { name: string }) => name);
  };

  beforeAll(async () => {
    bed = await openCoreBed();
    admin = await bed.person([holding('admin')]);
    boxId = await bed.host('box-1');
    agent = await bed.agent(boxId, {
      'server.create': async (data) => {
        const server = Reflect.get(Object(data), 'server');
        return { id: server.id, name: server.name, state: 'ready' };
      },
      'server.stop': async () => {
        throw new ZedopsError('CANCELLED', 'server.stop of alpha was cancelled');
      },
      'agent.job-cancel': async (data) => {
        const job = agent.jobs.get(String(Reflect.get(Object(data), 'id')));
        if (!job) throw new ZedopsError('NOT_FOUND', 'no such job');
        return { job: { ...job, state: 'cancelled' } };
      },
    });
    await create('alpha', 20_000);
    await create('beta', 20_010);
  });
  afterAll(() => bed.close());

  test('are added once, removed, kept in order and bounded, and change no revision', async () => {
    const before = await bed.ask(admin, 'server.show', { server: 'alpha' });
    expect(await bed.ask(admin, 'server.tag', { server: 'alpha', add: ['vanilla', 'eu', 'eu'] })).toEqual({
      name: 'alpha',
      tags: ['eu', 'vanilla'],
    });
    await bed.ask(admin, 'server.tag', { server: 'alpha', add: ['eu'], remove: ['us'] });
    const after = await bed.ask(admin, 'server.show', { server: 'alpha' });
    expect(after).toMatchObject({ server: { tags: ['eu', 'vanilla'] } });
    const revision = (shown: unknown): unknown => Object(shown).server.revision;
    expect(revision(after)).toBe(revision(before));
    const many = Array.from({ length: 32 }, (_, index) => `t${index}`);
    expect(await bed.codeOf(admin, 'server.tag', { server: 'alpha', add: many })).toBe('INVALID_INPUT');
    expect(await bed.codeOf(admin, 'server.tag', { server: 'alpha', add: ['Not This'] })).toBe('INVALID_INPUT');
    expect(await bed.ask(admin, 'host.tag', { host: 'box-1', add: ['ssd'] })).toEqual({
      name: 'box-1',
      tags: ['ssd'],
    });
    expect(await bed.ask(admin, 'host.show', { host: 'box-1' })).toMatchObject({ host: { tags: ['ssd'] } });
  });

  test('need the permission to configure, and leave an audit row', async () => {
    const viewer = await bed.person([holding('viewer')]);
    expect(await bed.codeOf(viewer, 'server.tag', { server: 'alpha', add: ['eu'] })).toBe('FORBIDDEN');
    expect(await bed.codeOf(viewer, 'host.tag', { host: 'box-1', add: ['eu'] })).toBe('FORBIDDEN');
    const operator = await bed.person([holding('operator')]);
    expect(await bed.codeOf(operator, 'server.tag', { server: 'beta', add: ['us'] })).toBe('ok');
    expect(await bed.codeOf(operator, 'host.tag', { host: 'box-1', add: ['eu'] })).toBe('FORBIDDEN');
    const entries = await listAudit(bed.core.store.db, { limit: 1, subject: 'server.tag' });
    expect(entries).toMatchObject([{ subject: 'server.tag', target: 'beta', outcome: 'ok' }]);
  });

  test('find servers, of those alone that may be seen', async () => {
    expect(await names(admin, 'tag=eu')).toEqual(['alpha']);
    expect(await names(admin, 'host.tag=ssd')).toEqual(['alpha', 'beta']);
    expect(await names(admin, 'host.tag=ssd and not tag=eu')).toEqual(['beta']);
    const { servers } = Object(await bed.ask(admin, 'server.list', { on: 'name=beta' }));
    const narrow = await bed.person([{ role: 'viewer', scope: { kind: 'server', id: servers[0].id } }]);
    expect(await names(narrow, 'all')).toEqual(['beta']);
    expect(await names(narrow, 'tag=eu')).toEqual([]);
  });

  test('what cannot be read is refused with the place and the word that was meant', async () => {
    await expect(bed.ask(admin, 'server.list', { on: 'tag=eu and tga=us' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/column 12: "tga" is none of .*; did you mean "tag"\?/),
    });
  });

  test('a server of which nobody knows who is on it is left out, and named', async () => {
    expect(await bed.ask(admin, 'server.list', { on: 'players=0' })).toEqual({
      servers: [],
      undecided: ['alpha', 'beta'],
    });
  });

  test('a stop that was cancelled leaves the server wanted on', async () => {
    expect(await bed.codeOf(admin, 'server.stop', { server: 'alpha' }, { id: 'stop1' })).toBe('CANCELLED');
    const { server } = Object(await bed.ask(admin, 'server.show', { server: 'alpha' }));
    const at = new Date(bed.clock.now()).toISOString();
    agent.jobs.set('stop1', {
      id: 'stop1',
      subject: 'server.stop',
      serverId: server.id,
      serverName: 'alpha',
      actor: 'x',
      state: 'running',
      startedAt: at,
    });
    expect(server.power).toBe('off');
    expect(await bed.codeOf(admin, 'job.cancel', { job: 'stop1' })).toBe('ok');
    expect(await bed.ask(admin, 'server.show', { server: 'alpha' })).toMatchObject({ server: { power: 'on' } });
    await eventually('the host to be told', () => agent.desired.get(server.id)?.power === 'on');
  });
});
