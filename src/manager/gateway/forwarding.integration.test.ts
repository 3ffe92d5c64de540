import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { eventually } from '../../../test/support/eventually.ts';
import { ServerDetails } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { Forwarded } from '../../protocol/forward.ts';
import { newId } from '../../protocol/id.ts';
import { systemHello } from '../../protocol/operations/system.ts';
import { type AgentScript, type CoreBed, holding, openCoreBed, type ScriptedAgent } from '../core-bed.ts';
import { type Identity, localIdentity } from '../people/identity.ts';

let bed: CoreBed;
let hostId: string;
let admin: Identity;

beforeEach(async () => {
  bed = await openCoreBed();
  hostId = await bed.host('box-1');
  admin = await bed.person([holding('admin')]);
});
afterEach(() => bed.close());

const secret = 'Adm1n-secret-of-alpha';
const alpha = { name: 'alpha', image: 'little', env: { ADMIN_PASSWORD: secret } };

async function show(server = 'alpha'): Promise<ServerDetails> {
  return z.object({ server: ServerDetails }).parse(await bed.ask(admin, 'server.show', { server })).server;
}

async function names(deleted = false): Promise<readonly string[]> {
  const reply = z.object({ servers: z.array(z.object({ name: z.string() })) });
  return reply.parse(await bed.ask(admin, 'server.list', { deleted })).servers.map(({ name }) => name);
}

function forwardedTo(agent: ScriptedAgent, subject: string): Forwarded[] {
  return agent.asked.filter((one) => one.subject === subject).map(({ data }) => Forwarded.parse(data));
}

const refuseBusy: AgentScript = async () => {
  throw new ZedopsError('CONFLICT', 'alpha is busy');
};
const fail: AgentScript = async () => {
  throw new ZedopsError('INTERNAL', 'the engine is broken');
};

describe('creating a server', () => {
  test('tells its host all of it, with the env in the desired state alone', async () => {
    const agent = await bed.agent(hostId);
    const steps: unknown[] = [];
    const reply = await bed.ask(admin, 'server.create', alpha, { progress: (step) => steps.push(step) });
    const [sent] = forwardedTo(agent, 'server.create');
    expect(reply).toMatchObject({ id: sent?.server?.id, name: 'alpha', state: 'ready' });
    expect(sent).toMatchObject({
      actor: admin.actor,
      input: { name: 'alpha', env: {} },
      server: {
        name: 'alpha',
        revision: 1,
        power: 'on',
        image: { template: 'little', reference: 'example.org/little:latest', pull: 'missing' },
        env: { ADMIN_PASSWORD: secret, GAME_PORT: '16261', SERVER_NAME: 'alpha' },
        secretKeys: expect.arrayContaining(['ADMIN_PASSWORD', 'RCON_PASSWORD']),
        game: { worldName: 'alpha', rcon: { port: 27015, passwordKey: 'RCON_PASSWORD' } },
        deleted: false,
      },
    });
    expect(sent?.server?.env.RCON_PASSWORD).toMatch(/^[A-Za-z0-9_-]{32}$/);
    expect(await bed.bytesOnDisk()).not.toContain(sent?.server?.env.RCON_PASSWORD);
    expect((await show()).env).toMatchObject({ ADMIN_PASSWORD: 'set', RCON_PASSWORD: 'set', GAME_PORT: '16261' });
  });

  test.each([
    ['an unknown image', { image: 'litle' }, 'NOT_FOUND', 'did you mean "little"?'],
    ['a bad tag', { image: 'little:a b' }, 'INVALID_INPUT', 'is no tag'],
    ['a missing password', { env: {} }, 'INVALID_INPUT', 'ADMIN_PASSWORD is missing'],
    [
      'several faults at once',
      { env: { ADMIN_PASSWORD: 'x', GAME_PROT: '1', DIRECT_PORT: 'no' } },
      'INVALID_INPUT',
      'GAME_PROT is no setting of the image little; did you mean "GAME_PORT"?',
    ],
    [
      'an env without end',
      {
        env: {
          ADMIN_PASSWORD: 'x'.repeat(65_000),
          A: 'x'.repeat(65_000),
          B: 'x'.repeat(65_000),
          C: 'x'.repeat(65_000),
          D: 'x'.repeat(65_000),
        },
      },
      'INVALID_INPUT',
      'at most',
    ],
    ['a host that is not there', { host: 'box-7' }, 'NOT_FOUND', 'did you mean "box-1"?'],
  ])('with %s is refused, and leaves nothing', async (_, change, code, message) => {
    const agent = await bed.agent(hostId);
    await expect(bed.ask(admin, 'server.create', { ...alpha, ...change })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(await names()).toEqual([]);
    expect(forwardedTo(agent, 'server.create')).toEqual([]);
  });

  test('without a host takes the only one, and asks where there are several', async () => {
    await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    expect((await show()).host).toBe('box-1');
    await bed.host('box-2');
    await expect(bed.ask(admin, 'server.create', { ...alpha, name: 'beta' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'Say on which host: box-1, box-2',
    });
  });

  test('refuses a name and a port that are taken, and says by whom', async () => {
    await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    await expect(bed.ask(admin, 'server.create', alpha)).rejects.toThrow('There is a server alpha already, on box-1');
    await expect(bed.ask(admin, 'server.create', { ...alpha, name: 'beta' })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'Ports 16261/udp, 16262/udp of beta belong to alpha on box-1 already',
    });
    expect(await names()).toEqual(['alpha']);
    const other = await bed.host('box-2');
    await bed.agent(other);
    await bed.ask(admin, 'server.create', { ...alpha, name: 'beta', host: 'box-2' });
    expect(await names()).toEqual(['alpha', 'beta']);
  });

  test('on a host that is offline makes nothing, and says since when it is', async () => {
    const agent = await bed.agent(hostId);
    await agent.disconnect();
    await expect(bed.ask(admin, 'server.create', alpha)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/^box-1 is offline since 2026-01-02T03:04:05/),
    });
    expect(await names()).toEqual([]);
  });

  test('that its host did not take is undone', async () => {
    await bed.agent(hostId, { 'server.create': refuseBusy });
    await expect(bed.ask(admin, 'server.create', alpha)).rejects.toThrow('alpha is busy');
    expect(await names()).toEqual([]);
    expect(await bed.codeOf(admin, 'server.show', { server: 'alpha' })).toBe('NOT_FOUND');
  });

  test('that its host took and failed at stays, for someone to look at', async () => {
    await bed.agent(hostId, { 'server.create': fail });
    await expect(bed.ask(admin, 'server.create', alpha)).rejects.toThrow('the engine is broken');
    expect(await names()).toEqual(['alpha']);
  });

  test.each([
    ['without it', false],
    ['with it', true],
  ])('that lost its host is looked at when the host comes back %s', async (_, isTaken) => {
    const id = newId();
    const agent = await bed.agent(hostId, {
      'server.create': async () => {
        await agent.disconnect();
        return {};
      },
    });
    await expect(bed.ask(admin, 'server.create', alpha, { id })).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('The connection to box-1 was lost during server.create'),
    });
    const { id: serverId } = await show();
    const job = {
      id,
      subject: 'server.create',
      serverId,
      serverName: 'alpha',
      actor: 'x',
      startedAt: '2026-01-02T03:04:05Z',
    };
    await bed.agent(hostId, { 'agent.jobs': async () => ({ jobs: isTaken ? [{ ...job, state: 'running' }] : [] }) });
    await expect.poll(() => names()).toEqual(isTaken ? ['alpha'] : []);
  });

  test('twice under one id makes one server, and the second answer is the first', async () => {
    const agent = await bed.agent(hostId);
    const id = newId();
    const first = await bed.ask(admin, 'server.create', alpha, { id });
    expect(await bed.ask(admin, 'server.create', alpha, { id })).toEqual(first);
    expect(await names()).toEqual(['alpha']);
    expect(forwardedTo(agent, 'server.create').map(({ server }) => server?.revision)).toEqual([1, 1]);
    const other = await bed.person([holding('admin')]);
    expect(await bed.codeOf(other, 'server.create', { ...alpha, name: 'beta' }, { id })).toBe('CONFLICT');
  });
});

describe('an operation on a server', () => {
  const revisions = async (): Promise<unknown> => {
    const { power, revision } = await show();
    return { power, revision };
  };

  test('sends what the server should be by now, and writes it first', async () => {
    const agent = await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    await bed.ask(admin, 'server.stop', { server: 'alpha' });
    expect(await revisions()).toEqual({ power: 'off', revision: 2 });
    await bed.ask(admin, 'server.start', { server: 'alpha' });
    await bed.ask(admin, 'server.restart', { server: 'alpha' });
    await bed.ask(admin, 'server.kill', { server: 'alpha' });
    const sent = ['stop', 'start', 'restart', 'kill'].map((verb) => forwardedTo(agent, `server.${verb}`)[0]?.server);
    expect(sent.map((server) => [server?.revision, server?.power])).toEqual([
      [2, 'off'],
      [3, 'on'],
      [4, 'on'],
      [5, 'off'],
    ]);
    await bed.ask(admin, 'server.export', { server: 'alpha' });
    expect(await revisions()).toEqual({ power: 'off', revision: 5 });
  });

  test('changes nothing where the host is offline, or may not be asked', async () => {
    const agent = await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    const viewer = await bed.person([holding('viewer')]);
    expect(await bed.codeOf(viewer, 'server.stop', { server: 'alpha' })).toBe('FORBIDDEN');
    await agent.disconnect();
    expect(await bed.codeOf(admin, 'server.stop', { server: 'alpha' })).toBe('UNREACHABLE');
    expect(await revisions()).toEqual({ power: 'on', revision: 1 });
    expect(await show()).toMatchObject({ state: 'unknown', staleSeconds: expect.any(Number) });
  });

  test('that its host refused is taken back, and the host hears of it', async () => {
    const agent = await bed.agent(hostId, { 'server.stop': refuseBusy });
    await bed.ask(admin, 'server.create', alpha);
    expect(await bed.codeOf(admin, 'server.stop', { server: 'alpha' })).toBe('CONFLICT');
    expect(await revisions()).toEqual({ power: 'on', revision: 3 });
    const { id } = await show();
    await expect.poll(() => agent.desired.get(id)).toMatchObject({ power: 'on', revision: 3 });
  });

  test('again under the same id does not undo what others did since', async () => {
    await bed.agent(hostId);
    await bed.ask(admin, 'server.create', alpha);
    const id = newId();
    const first = await bed.ask(admin, 'server.stop', { server: 'alpha' }, { id });
    await bed.ask(admin, 'server.start', { server: 'alpha' });
    expect(await bed.ask(admin, 'server.stop', { server: 'alpha' }, { id })).toEqual(first);
    expect(await revisions()).toEqual({ power: 'on', revision: 3 });
    expect(await bed.codeOf(admin, 'server.restart', { server: 'alpha' }, { id })).toBe('CONFLICT');
  });

  test('goes on when whoever asked leaves, and the audit has its end', async () => {
    const hold = Promise.withResolvers<unknown>();
    await bed.agent(hostId, { 'server.stop': async () => hold.promise });
    await bed.ask(admin, 'server.create', alpha);
    const leaving = new AbortController();
    const asked = bed.ask(admin, 'server.stop', { server: 'alpha' }, { signal: leaving.signal });
    leaving.abort();
    hold.resolve({ state: 'stopped', saved: 'confirmed', ended: 'quit', seconds: 1 });
    expect(await asked).toMatchObject({ saved: 'confirmed' });
    const { rows } = z.object({ rows: z.array(z.unknown()) }).parse(await bed.ask(admin, 'audit.list', {}));
    expect(rows[0]).toMatchObject({ subject: 'server.stop', outcome: 'ok' });
  });

  test('to delete it hides it, unless the host failed to', async () => {
    const agent = await bed.agent(hostId, { 'server.delete': fail });
    await bed.ask(admin, 'server.create', alpha);
    expect(await bed.codeOf(admin, 'server.delete', { server: 'alpha' })).toBe('INTERNAL');
    expect(await names()).toEqual(['alpha']);
    await agent.disconnect();
    await bed.agent(hostId);
    await bed.ask(admin, 'server.delete', { server: 'alpha' });
    expect([await names(), await names(true)]).toEqual([[], ['alpha']]);
    expect(await bed.codeOf(admin, 'server.start', { server: 'alpha' })).toBe('CONFLICT');
    // It may be restored: neither its name nor its ports are free.
    expect(await bed.codeOf(admin, 'server.create', alpha)).toBe('CONFLICT');
    await expect(bed.ask(admin, 'server.create', { ...alpha, name: 'beta' })).rejects.toThrow(
      'Ports 16261/udp, 16262/udp of beta are kept for alpha on box-1, which was deleted and is not purged',
    );
  });

  test('is taken back when the host came back before it was sent over the connection it had', async () => {
    // The newer connection takes the place of the one that is being asked.
    const comeBack: AgentScript = () => bed.agent(hostId);
    await bed.agent(hostId, { 'host.ports': comeBack });
    await bed.ask(admin, 'server.create', alpha);
    await bed.ask(admin, 'server.delete', { server: 'alpha' });
    expect(await bed.codeOf(admin, 'server.restore', { server: 'alpha' })).toBe('UNREACHABLE');
    await eventually('the restoration to be taken back', async () => (await names(true)).includes('alpha'));
  });

  test('that an old agent does not know says so', async () => {
    const agent = await bed.agent(hostId);
    await bed.ask(localIdentity, 'server.create', alpha);
    await agent.peer.request(systemHello, { protocol: 1, version: '0.1', subjects: ['server.stop'] });
    await expect(bed.ask(admin, 'server.export', { server: 'alpha' })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});
