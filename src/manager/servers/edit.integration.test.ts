import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { ServerDetails } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverEdit } from '../../protocol/operations/server-edit.ts';
import { type CoreBed, holding, openCoreBed, type ScriptedAgent } from '../core-bed.ts';
import type { Identity } from '../people/identity.ts';

let bed: CoreBed;
let hostId: string;
let admin: Identity;
let agent: ScriptedAgent;

beforeEach(async () => {
  bed = await openCoreBed();
  hostId = await bed.host('box-1');
  admin = await bed.person([holding('admin')]);
  agent = await bed.agent(hostId);
  const env = { ADMIN_PASSWORD: 'canary-of-alpha' };
  await bed.ask(admin, 'server.create', { name: 'alpha', image: 'little', env });
});
afterEach(() => bed.close());

async function show(server = 'alpha'): Promise<Omit<ServerDetails, 'lastWordSeconds'>> {
  const reply = z.object({ server: ServerDetails }).parse(await bed.ask(admin, 'server.show', { server }));
  // Nothing that is edited, and another each time.
  const { lastWordSeconds: _, ...shown } = reply.server;
  return shown;
}

async function edit(change: object, server = 'alpha'): Promise<z.output<typeof serverEdit.reply>> {
  return serverEdit.reply.parse(await bed.ask(admin, 'server.edit', { server, ...change }));
}

/** What the host was told of alpha, as soon as it was told that much. */
async function toldOf(revision: number) {
  const { id } = await show();
  for (;;) {
    const told = agent.desired.get(id);
    if (told && told.revision >= revision) return told;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('editing a server', () => {
  test('sets, unsets and moves, writes a new revision and tells the host', async () => {
    const { revision } = await show();
    const reply = await edit({
      set: { ADMIN_PASSWORD: 'canary-two' },
      ports: { game: 17_000 },
      tag: 'edge',
      memoryMb: 2048,
    });
    expect(reply).toMatchObject({ name: 'alpha', revision: revision + 1, risks: [] });
    expect(reply.changes).toEqual([
      { setting: 'image', before: 'example.org/little:latest', after: 'example.org/little:edge' },
      { setting: 'memory', after: '2048 MiB' },
      { setting: 'ADMIN_PASSWORD', before: 'set', after: 'changed' },
      { setting: 'GAME_PORT', before: '16261', after: '17000' },
    ]);
    const told = await toldOf(reply.revision);
    expect(told).toMatchObject({
      env: { ADMIN_PASSWORD: 'canary-two', GAME_PORT: '17000', SERVER_NAME: 'alpha' },
      image: { reference: 'example.org/little:edge' },
      limits: { memoryMb: 2048 },
      game: { worldName: 'alpha', ports: [{ port: 17_000 }, { port: 16_262 }] },
    });
    expect(told).not.toHaveProperty('applyRevision');
    expect(await bed.bytesOnDisk()).not.toContain('canary-two');
  });

  test('a key that is unset is gone, or the image’s default again', async () => {
    await edit({ set: { GAME_PORT: '17000' } });
    const reply = await edit({ unset: ['GAME_PORT', 'RCON_PASSWORD'] });
    expect(reply.changes).toEqual([
      { setting: 'GAME_PORT', before: '17000', after: '16261' },
      // The image has RCON on, so that it gets a password of its own again.
      { setting: 'RCON_PASSWORD', before: 'set', after: 'changed' },
    ]);
  });

  test('says what would change and leaves it, with dryRun', async () => {
    const before = await show();
    const reply = await edit({ set: { DIRECT_PORT: '17001' }, dryRun: true });
    expect(reply).toMatchObject({ revision: before.revision, warnings: [expect.stringContaining('17001')] });
    expect(await show()).toEqual(before);
  });

  test('an edit that changes nothing makes no revision', async () => {
    const { revision } = await show();
    expect(await edit({ set: { GAME_PORT: '16261' } })).toMatchObject({ revision, changes: [], applies: 'nothing' });
    expect((await show()).revision).toBe(revision);
  });

  test.each([
    ['a key the image does not know', { set: { GAME_PROT: '1' } }, 'INVALID_INPUT', 'did you mean "GAME_PORT"?'],
    ['a required key gone', { unset: ['ADMIN_PASSWORD'] }, 'INVALID_INPUT', 'ADMIN_PASSWORD is missing'],
    ['a key that is not set', { unset: ['NOTHING'] }, 'INVALID_INPUT', 'NOTHING is not set'],
    ['a key set and unset', { set: { GAME_PORT: '1' }, unset: ['GAME_PORT'] }, 'INVALID_INPUT', 'at the same time'],
    ['another world', { set: { SERVER_NAME: 'beta' } }, 'INVALID_INPUT', 'the game would begin a new one'],
    ['an unknown image', { image: 'litle' }, 'NOT_FOUND', 'did you mean "little"?'],
    ['a bad tag', { tag: 'a b' }, 'INVALID_INPUT', 'is no tag'],
    ['a tag twice', { image: 'little:a', tag: 'b' }, 'INVALID_INPUT', 'Say the tag once'],
    ['a name nobody sees', { displayName: 'X' }, 'INVALID_INPUT', 'name in the server browser'],
    ['an old revision', { revision: 77, set: { GAME_PORT: '17000' } }, 'CONFLICT', 'Somebody changed alpha meanwhile'],
  ])('%s is refused, and changes nothing', async (_, change, code, message) => {
    const before = await show();
    await expect(edit(change)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(await show()).toEqual(before);
  });

  test('a port of another server is refused', async () => {
    const env = { ADMIN_PASSWORD: 'x', GAME_PORT: '17000', DIRECT_PORT: '17001' };
    await bed.ask(admin, 'server.create', { name: 'beta', image: 'little', env });
    for (const dryRun of [true, false]) {
      await expect(edit({ ports: { game: 17_000 }, dryRun })).rejects.toThrow(
        'Port 17000/udp of alpha belongs to beta',
      );
    }
  });

  test('two edits at once: one wins, the other is told', async () => {
    const { revision } = await show();
    const both = await Promise.allSettled([
      edit({ revision, set: { GAME_PORT: '17000' } }),
      edit({ revision, set: { GAME_PORT: '18000' } }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const [lost] = both.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(lost instanceof ZedopsError && lost.code).toBe('CONFLICT');
  });

  test('while its host is away it is written, shown as pending, and applied at its return', async () => {
    await agent.disconnect();
    const reply = await edit({ set: { GAME_PORT: '17000' } });
    expect(reply.applies).toBe('return');
    expect(await show()).toMatchObject({ pending: true, env: { GAME_PORT: '17000' } });
    agent = await bed.agent(hostId);
    expect(await toldOf(reply.revision)).toMatchObject({ applyRevision: reply.revision, env: { GAME_PORT: '17000' } });
    const later = await edit({ set: { GAME_PORT: '18000' }, later: true });
    expect(later.applies).toBe('start');
    expect((await toldOf(later.revision)).applyRevision).toBe(reply.revision);
  });

  test('what waits is shown as the host tells it', async () => {
    const { id, revision } = await show();
    agent.observe({
      id,
      name: 'alpha',
      revision,
      at: '2026-01-02T03:04:05.000Z',
      appliedRevision: 1,
      waiting: [{ setting: 'memory', before: '4096 MiB', after: '6144 MiB' }],
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(await show()).toMatchObject({ pending: true, waiting: [{ setting: 'memory' }] });
  });

  test('needs the permission to configure, and a server that is not deleted', async () => {
    const viewer = await bed.person([holding('viewer')]);
    expect(await bed.codeOf(viewer, 'server.edit', { server: 'alpha', set: {} })).toBe('FORBIDDEN');
    expect(await bed.codeOf(viewer, 'server.rename', { server: 'alpha', name: 'beta' })).toBe('FORBIDDEN');
    expect(await bed.codeOf(viewer, 'server.rebuild', { server: 'alpha' })).toBe('FORBIDDEN');
    await bed.ask(admin, 'server.delete', { server: 'alpha' });
    expect(await bed.codeOf(admin, 'server.edit', { server: 'alpha', set: {} })).toBe('CONFLICT');
  });
});

describe('renaming a server', () => {
  test('keeps id, world and folder', async () => {
    const { id } = await show();
    await bed.ask(admin, 'server.rename', { server: 'alpha', name: 'bravo' });
    expect(agent.desired.get(id)).toMatchObject({ name: 'bravo', folder: 'alpha', game: { worldName: 'alpha' } });
    expect((await show('bravo')).id).toBe(id);
    await bed.ask(admin, 'server.rename', { server: 'bravo', name: 'charlie' });
    expect(agent.desired.get(id)).toMatchObject({ name: 'charlie', folder: 'alpha' });
    await bed.ask(admin, 'server.rename', { server: 'charlie', name: 'alpha' });
    expect(agent.desired.get(id)).not.toHaveProperty('folder');
  });

  test('a renamed server’s edits keep its world’s name', async () => {
    await bed.ask(admin, 'server.rename', { server: 'alpha', name: 'bravo' });
    const reply = await edit({ set: { GAME_PORT: '17000' } }, 'bravo');
    expect(reply.changes).toEqual([{ setting: 'GAME_PORT', before: '16261', after: '17000' }]);
  });

  test('nobody gets the folder of its world by taking its first name', async () => {
    await bed.ask(admin, 'server.rename', { server: 'alpha', name: 'bravo' });
    const env = { ADMIN_PASSWORD: 'x', GAME_PORT: '17000', DIRECT_PORT: '17001' };
    await expect(bed.ask(admin, 'server.create', { name: 'alpha', image: 'little', env })).rejects.toThrow(
      'The folder alpha on box-1 holds the world of bravo',
    );
  });

  test('a name that is taken is refused; a host that fails leaves the old one', async () => {
    const env = { ADMIN_PASSWORD: 'x', GAME_PORT: '17000', DIRECT_PORT: '17001' };
    await bed.ask(admin, 'server.create', { name: 'beta', image: 'little', env });
    await expect(bed.ask(admin, 'server.rename', { server: 'alpha', name: 'beta' })).rejects.toThrow(
      'There is a server beta already',
    );
    await agent.disconnect();
    agent = await bed.agent(hostId, {
      'server.rename': () => Promise.reject(new ZedopsError('INTERNAL', 'the engine is broken')),
    });
    expect(await bed.codeOf(admin, 'server.rename', { server: 'alpha', name: 'bravo' })).toBe('INTERNAL');
    expect((await show('alpha')).name).toBe('alpha');
  });
});
