import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { Permission, type Role, type Scope } from '../../protocol/permissions.ts';
import { type Holder, localIdentity } from '../people/identity.ts';
import { errorOf } from '../people/people-bed.ts';
import { createSealing } from '../trust/sealing.ts';
import { openStore, type Store } from './database.ts';
import { countServers, findHost, listHosts, removeHost, saveInvitedHost } from './hosts.ts';
import { checkMasterKey } from './meta.ts';
import { readObserved, saveObserved } from './observed.ts';
import { grantsOf, insertPerson, replaceGrants } from './people.ts';
import { desiredOnHost, readEnvs, saveEnv } from './server-env.ts';
import { changeServer, findServer, insertServer, listServers, type NewServer, purgeServer } from './servers.ts';

let folder: string;
let store: Store;
const sealing = createSealing(randomBytes(32));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-servers-'));
  store = await openStore(folder, createFakeClock(0));
  for (const [id, name] of [
    ['h1', 'box-1'],
    ['h2', 'box-2'],
    ['h3', 'box-3'],
  ] as const) {
    await saveInvitedHost(store.db, { id, name, at: 0 });
  }
  await insertServer(store.db, server('s1', 'alpha', 'h1'));
  await insertServer(store.db, server('s2', 'beta', 'h1'));
  await insertServer(store.db, server('s3', 'gamma', 'h2'));
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

function server(id: string, name: string, hostId: string): NewServer {
  return {
    id,
    name,
    hostId,
    power: 'off',
    image: { template: 'simulator', reference: 'zedops/simulator', pull: 'never' },
    limits: { memoryMb: 2048 },
    game: { worldName: name, ports: [], volumes: [{ folder: 'data', path: '/data' }], stopSeconds: 60 },
    createdAt: 5,
  };
}

function holder(...grants: readonly (readonly [Role, Scope])[]): Holder {
  return { grants: grants.map(([role, scope]) => ({ role, scope })) };
}

async function seen(who: Holder): Promise<string> {
  const servers = await listServers(store.db, who, { deleted: false });
  const hosts = await listHosts(store.db, who);
  return [...servers, ...hosts].map(({ name }) => name).join(' ');
}

describe('lists', () => {
  test.each([
    ['an admin', holder(['admin', { kind: 'global' }]), 'alpha beta gamma box-1 box-2 box-3'],
    ['a viewer', holder(['viewer', { kind: 'global' }]), 'alpha beta gamma box-1 box-2 box-3'],
    ['someone with a host', holder(['viewer', { kind: 'host', id: 'h1' }]), 'alpha beta box-1'],
    ['someone with a host without servers', holder(['operator', { kind: 'host', id: 'h3' }]), 'box-3'],
    [
      'someone with a server, and so with its host’s name',
      holder(['operator', { kind: 'server', id: 's3' }]),
      'gamma box-2',
    ],
    [
      'someone with a host and a server elsewhere',
      holder(['viewer', { kind: 'host', id: 'h2' }], ['operator', { kind: 'server', id: 's1' }]),
      'alpha gamma box-1 box-2',
    ],
    ['someone with a server that is gone', holder(['viewer', { kind: 'server', id: 's9' }]), ''],
    ['someone without a grant', holder(), ''],
    ['a token that may not read', { ...localIdentity, limitedTo: ['server:control'] }, ''],
    ['a token that may read servers alone', { ...localIdentity, limitedTo: ['server:read'] }, 'alpha beta gamma'],
    [
      'a token that may do all',
      { ...localIdentity, limitedTo: Permission.options },
      'alpha beta gamma box-1 box-2 box-3',
    ],
    ['a token limited to nothing', { ...localIdentity, limitedTo: [] }, ''],
  ] satisfies readonly (readonly [string, Holder, string])[])(
    'hold for %s what they may see',
    async (_, who, expected) => {
      expect(await seen(who)).toBe(expected);
    },
  );

  test('of one host, of deleted servers, and how many there are', async () => {
    await changeServer(store.db, 's2', { deletedAt: 9 });
    const names = async (filter: Parameters<typeof listServers>[2]) =>
      (await listServers(store.db, localIdentity, filter)).map(({ name }) => name);
    expect(await names({ deleted: false, hostId: 'h1' })).toEqual(['alpha']);
    expect(await names({ deleted: true })).toEqual(['beta']);
    expect(await countServers(store.db)).toEqual(
      new Map([
        ['h1', 1],
        ['h2', 1],
      ]),
    );
  });
});

describe('a server', () => {
  test('gets a revision for each change, and keeps what was not changed', async () => {
    expect(await findServer(store.db, 'alpha')).toMatchObject({
      id: 's1',
      hostName: 'box-1',
      revision: 1,
      power: 'off',
    });
    const changed = await changeServer(store.db, 's1', { power: 'on', limits: {} });
    expect(changed).toMatchObject({
      revision: 2,
      power: 'on',
      limits: {},
      image: { pull: 'never' },
      game: { worldName: 'alpha' },
    });
    const all = await Promise.all(Array.from({ length: 5 }, () => changeServer(store.db, 's1', { power: 'off' })));
    expect(all.map((one) => one?.revision)).toEqual([3, 4, 5, 6, 7]);
    expect(await changeServer(store.db, 'nobody', { power: 'on' })).toBeUndefined();
  });

  test('with a name that is another one’s id does not take its place', async () => {
    await insertServer(store.db, server('s4', 's5', 'h2'));
    await insertServer(store.db, server('s5', 'delta', 'h2'));
    await insertServer(store.db, server('s6', 's1', 'h2'));
    expect(await findServer(store.db, 's5')).toMatchObject({ id: 's5', name: 'delta' });
    expect(await findServer(store.db, 's1')).toMatchObject({ id: 's1', name: 'alpha' });
    await saveInvitedHost(store.db, { id: 'h4', name: 'h1', at: 0 });
    expect(await findHost(store.db, 'h1')).toMatchObject({ id: 'h1', name: 'box-1' });
  });

  test('keeps its name while it is deleted, and gives it free when it is purged', async () => {
    const again = server('s9', 'alpha', 'h2');
    expect((await errorOf(insertServer(store.db, again))).message).toContain('on box-1');
    await changeServer(store.db, 's1', { deletedAt: 9 });
    expect((await errorOf(insertServer(store.db, again))).message).toContain('deleted server');
    expect(await purgeServer(store.db, 's1', 10)).toBe(true);
    await insertServer(store.db, again);
    expect(await findServer(store.db, 'alpha')).toMatchObject({ id: 's9' });
    expect(await findServer(store.db, 's1')).toBeUndefined();
  });

  test('is purged with its env, mirror and grants, and only once it is deleted', async () => {
    await insertPerson(store.db, {
      id: 'p1',
      email: 'a@b.c',
      passwordHash: undefined,
      createdAt: 0,
      signedInAt: undefined,
    });
    await replaceGrants(store.db, 'p1', [
      { role: 'viewer', scope: { kind: 'server', id: 's1' } },
      { role: 'viewer', scope: { kind: 'server', id: 's2' } },
    ]);
    await saveEnv(store.db, sealing, 's1', { env: { A: '1' }, secretKeys: [] });
    expect(await purgeServer(store.db, 's1', 10)).toBe(false);
    expect((await readEnvs(store.db, sealing, ['s1'])).get('s1')?.env).toEqual({ A: '1' });
    await changeServer(store.db, 's1', { deletedAt: 9 });
    expect(await purgeServer(store.db, 's1', 10)).toBe(true);
    expect(await purgeServer(store.db, 's1', 11)).toBe(false);
    expect((await readEnvs(store.db, sealing, ['s1'])).get('s1')?.env).toEqual({});
    expect(await grantsOf(store.db, 'p1')).toEqual([{ role: 'viewer', scope: { kind: 'server', id: 's2' } }]);
  });

  test('keeps its host on the list until it is purged', async () => {
    expect(await removeHost(store.db, 'h2')).toBe(false);
    await changeServer(store.db, 's3', { deletedAt: 9 });
    expect(await removeHost(store.db, 'h2')).toBe(false);
    await purgeServer(store.db, 's3', 10);
    expect(await removeHost(store.db, 'h2')).toBe(true);
    expect(await findHost(store.db, 'h2')).toBeUndefined();
  });
});

describe('env', () => {
  test('is sealed where it is secret, for its place alone, and comes back whole', async () => {
    const env = { B: '', A: 'ünïcode\n$x', RCON_PASSWORD: 'hunter2-hunter2' };
    await saveEnv(store.db, sealing, 's1', { env, secretKeys: ['RCON_PASSWORD', 'NOT_THERE'] });
    await saveEnv(store.db, sealing, 's2', { env: { RCON_PASSWORD: 'other' }, secretKeys: ['RCON_PASSWORD'] });
    const [alpha, beta] = await desiredOnHost(store.db, sealing, 'h1');
    expect(alpha).toMatchObject({ name: 'alpha', env, secretKeys: ['RCON_PASSWORD'], deleted: false });
    expect(beta).toMatchObject({ env: { RCON_PASSWORD: 'other' } });
    const bytes = Buffer.concat(await Promise.all([readFile(store.file), readFile(`${store.file}-wal`)]));
    expect(bytes.includes('hunter2')).toBe(false);
    await store.db.updateTable('serverEnv').set({ serverId: 's3' }).where('serverId', '=', 's1').execute();
    expect((await errorOf(desiredOnHost(store.db, sealing, 'h2'))).message).toContain('cannot be opened');
  });

  test('is replaced as a whole, also a large one', async () => {
    const large = Object.fromEntries(Array.from({ length: 1200 }, (_, n) => [`KEY_${n}`, `${n}`]));
    await saveEnv(store.db, sealing, 's1', { env: large, secretKeys: [] });
    expect(Object.keys((await readEnvs(store.db, sealing, ['s1'])).get('s1')?.env ?? {})).toHaveLength(1200);
    await saveEnv(store.db, sealing, 's1', { env: { A: '1' }, secretKeys: [] });
    expect((await readEnvs(store.db, sealing, ['s1', 's2'])).get('s1')).toEqual({ env: { A: '1' }, secretKeys: [] });
  });
});

test('a host’s word is taken for its own servers alone, and the last one stays', async () => {
  const word = (id: string, name: string, revision: number) => ({ id, name, revision, at: '2026-01-01T00:00:00.000Z' });
  await saveObserved(store.db, 'h1', [word('s1', 'alpha', 1), word('s3', 'gamma', 1), word('s9', 'ghost', 1)], 5);
  await saveObserved(store.db, 'h1', [word('s1', 'alpha', 2)], 6);
  await saveObserved(store.db, 'h1', [], 7);
  const mirrored = await readObserved(store.db, ['s1', 's2', 's3', 's9']);
  expect([...mirrored]).toEqual([['s1', { at: 6, observed: word('s1', 'alpha', 2) }]]);
  await store.db.updateTable('observed').set({ state: '{"from":"the future"}' }).execute();
  expect(await readObserved(store.db, ['s1'])).toEqual(new Map());
});

test('a database is opened with the master key it was made with, and no other', async () => {
  await checkMasterKey(store.db, sealing);
  await checkMasterKey(store.db, sealing);
  expect((await errorOf(checkMasterKey(store.db, createSealing(randomBytes(32))))).message).toContain('not the one');
});
