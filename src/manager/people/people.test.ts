import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { userAdd, userEdit } from '../../protocol/operations/person.ts';
import { Permission, type Role, rolePermissions } from '../../protocol/permissions.ts';
import { saveInvitedHost } from '../store/hosts.ts';
import { insertServer } from '../store/servers.ts';
import { type Identity, localIdentity } from './identity.ts';
import { errorOf, openPeopleBed, type PeopleBed } from './people-bed.ts';

let bed: PeopleBed;
beforeEach(async () => {
  bed = await openPeopleBed();
});
afterEach(() => bed.close());

function add(identity: Identity, email: string, role: Role, at: object = {}) {
  return bed.people.add(identity, userAdd.request.parse({ email, role, ...at }));
}

function edit(identity: Identity, email: string, role: Role, at: object = {}) {
  return bed.people.edit(identity, userEdit.request.parse({ email, role, ...at }));
}

async function putHostAndServer(): Promise<void> {
  await saveInvitedHost(bed.store.db, { id: 'h1', name: 'box-1', at: 0 });
  await insertServer(bed.store.db, {
    id: 's1',
    name: 'alpha',
    hostId: 'h1',
    power: 'off',
    image: { template: 'simulator', reference: 'x', pull: 'never' },
    limits: {},
    game: { worldName: 'alpha', ports: [], volumes: [{ folder: 'data', path: '/data' }], stopSeconds: 60 },
    createdAt: 0,
  });
}

describe('adding a person', () => {
  test('invites them with one role, and again with another while they have not come', async () => {
    const first = await add(localIdentity, 'Ann@Example.org', 'viewer');
    expect(first.person).toMatchObject({ email: 'ann@example.org', invited: true });
    expect(first.person.grants).toEqual([{ role: 'viewer', scope: { kind: 'global' } }]);
    const second = await add(localIdentity, 'ann@example.org', 'operator');
    expect(second.person).toMatchObject({ id: first.person.id, grants: [{ role: 'operator' }] });
    await bed.arrive('ann@example.org', 'admin');
    expect((await errorOf(add(localIdentity, 'ann@example.org', 'viewer'))).code).toBe('CONFLICT');
    const { people } = await bed.people.list();
    expect(people).toMatchObject([{ email: 'ann@example.org', invited: false, grants: [{ role: 'admin' }] }]);
  });

  test('for a host or a server keeps the role to it', async () => {
    await putHostAndServer();
    const host = await bed.arrive('ann@example.org', 'agent-admin', { host: 'box-1' });
    const server = await bed.arrive('bob@example.org', 'operator', { server: 'alpha' });
    expect(host.grants).toEqual([{ role: 'agent-admin', scope: { kind: 'host', id: 'h1' } }]);
    expect(server.grants).toEqual([{ role: 'operator', scope: { kind: 'server', id: 's1' } }]);
    expect((await errorOf(add(localIdentity, 'x@example.org', 'viewer', { host: 'no' }))).code).toBe('NOT_FOUND');
    expect((await errorOf(add(localIdentity, 'x@example.org', 'viewer', { server: 'no' }))).code).toBe('NOT_FOUND');
    const both = { host: 'box-1', server: 'alpha' };
    expect((await errorOf(add(localIdentity, 'x@example.org', 'viewer', both))).code).toBe('INVALID_INPUT');
    expect((await bed.people.list()).people).toHaveLength(2);
  });

  test('never grants more than the one who grants holds, there', async () => {
    await putHostAndServer();
    const places = [{}, { host: 'box-1' }, { server: 'alpha' }];
    const roles = ['viewer', 'operator', 'agent-admin', 'admin'] as const;
    for (const mine of roles) {
      for (const myPlace of places) {
        const identity = await bed.arrive(`${mine}${JSON.stringify(myPlace).length}@example.org`, mine, myPlace);
        for (const theirs of roles) {
          for (const theirPlace of places) {
            const covers =
              !('host' in myPlace || 'server' in myPlace) ||
              ('host' in myPlace && ('host' in theirPlace || 'server' in theirPlace)) ||
              ('server' in myPlace && 'server' in theirPlace);
            const holds = rolePermissions[theirs].every((one) => rolePermissions[mine].includes(one));
            const outcome = await add(identity, 'target@example.org', theirs, theirPlace).then(
              () => 'granted',
              ({ code }) => code,
            );
            expect([mine, myPlace, theirs, theirPlace, outcome]).toEqual([
              mine,
              myPlace,
              theirs,
              theirPlace,
              covers && holds ? 'granted' : 'FORBIDDEN',
            ]);
          }
        }
      }
    }
  });

  test('by a token grants what the token is limited to, at most', async () => {
    const admin = await bed.arrive('ann@example.org', 'admin');
    const limited = { ...admin, limitedTo: ['people:manage', 'server:read', 'host:read'] as const };
    expect((await errorOf(add(limited, 'bob@example.org', 'operator'))).message).toContain('server:control');
    await expect(add(limited, 'bob@example.org', 'viewer')).resolves.toBeTruthy();
    await expect(add({ ...admin, limitedTo: Permission.options }, 'bob@example.org', 'admin')).resolves.toBeTruthy();
  });
});

describe('changing what a person may do', () => {
  test('gives them one role instead of all they had, or besides it', async () => {
    await putHostAndServer();
    const bob = await bed.arrive('bob@example.org', 'viewer');
    const only = await edit(localIdentity, 'Bob@Example.org', 'operator', { server: 'alpha' });
    expect(only.person).toMatchObject({ id: bob.personId, invited: false });
    const onServer = { role: 'operator', scope: { kind: 'server', id: 's1' } };
    expect(only.person.grants).toEqual([onServer]);
    const both = await edit(localIdentity, 'bob@example.org', 'agent-admin', { host: 'box-1', also: true });
    expect(both.person.grants).toEqual([onServer, { role: 'agent-admin', scope: { kind: 'host', id: 'h1' } }]);
    // One role at one place.
    const less = await edit(localIdentity, 'bob@example.org', 'viewer', { host: 'box-1', also: true });
    expect(less.person.grants).toEqual([onServer, { role: 'viewer', scope: { kind: 'host', id: 'h1' } }]);
    expect((await bed.people.list()).people[0]?.grants).toHaveLength(2);
  });

  test('also of someone who was only invited; their code stays good', async () => {
    const { code } = await add(localIdentity, 'ann@example.org', 'viewer');
    await edit(localIdentity, 'ann@example.org', 'operator');
    await bed.signIn.start({ code, password: 'correct horse battery' }, '192.0.2.1');
    const { people } = await bed.people.list();
    expect(people).toMatchObject([{ invited: false, grants: [{ role: 'operator' }] }]);
  });

  test('needs a person and a place that there are', async () => {
    await putHostAndServer();
    await bed.arrive('bob@example.org', 'viewer');
    expect((await errorOf(edit(localIdentity, 'no@example.org', 'viewer'))).code).toBe('NOT_FOUND');
    expect((await errorOf(edit(localIdentity, 'bob@example.org', 'viewer', { host: 'no' }))).code).toBe('NOT_FOUND');
    const both = { host: 'box-1', server: 'alpha' };
    expect((await errorOf(edit(localIdentity, 'bob@example.org', 'viewer', both))).code).toBe('INVALID_INPUT');
  });

  test('never grants more than the one who grants holds, also not to themselves', async () => {
    await putHostAndServer();
    await bed.arrive('bob@example.org', 'viewer');
    const ann = await bed.arrive('ann@example.org', 'agent-admin', { host: 'box-1' });
    for (const email of ['bob@example.org', 'ann@example.org']) {
      for (const at of [{}, { host: 'box-1', also: true }]) {
        expect((await errorOf(edit(ann, email, 'admin', at))).code).toBe('FORBIDDEN');
      }
    }
    const admin = await bed.arrive('kim@example.org', 'admin');
    const limited = { ...admin, limitedTo: ['people:manage', 'server:read', 'host:read'] as const };
    expect((await errorOf(edit(limited, 'bob@example.org', 'operator'))).message).toContain('server:control');
    const { people } = await bed.people.list();
    expect(people.find(({ email }) => email === 'bob@example.org')?.grants).toEqual([
      { role: 'viewer', scope: { kind: 'global' } },
    ]);
  });

  test('leaves an admin who can sign in, also when two demote each other at once', async () => {
    await putHostAndServer();
    const ann = await bed.arrive('ann@example.org', 'admin');
    await add(localIdentity, 'invited@example.org', 'admin');
    for (const at of [{}, { host: 'box-1' }, { also: true }]) {
      expect((await errorOf(edit(ann, 'ann@example.org', 'viewer', at))).code).toBe('CONFLICT');
    }
    await edit(ann, 'ann@example.org', 'viewer', { host: 'box-1', also: true });
    await bed.arrive('bob@example.org', 'admin');
    const both = await Promise.allSettled(
      ['ann@example.org', 'bob@example.org'].map((email) => edit(localIdentity, email, 'operator')),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('removing a person', () => {
  test('ends all they had at once, and nothing of others', async () => {
    const ann = await bed.arrive('ann@example.org', 'admin');
    const bob = await bed.arrive('bob@example.org', 'operator');
    const { secret } = await bed.tokens.create(bob, {
      name: 'ci',
      permissions: ['server:read'],
      lifetimeSeconds: 3600,
    });
    const ended: string[] = [];
    const keep = (identity: Identity, name: string) =>
      bed.live.approach().enter({ keys: [`person:${identity.personId}`], counted: [], end: () => ended.push(name) });
    keep(ann, 'ann');
    keep(bob, 'bob');
    expect(await bed.identify(secret)).toBeTruthy();
    expect(await bed.people.remove({ email: 'bob@example.org' })).toEqual({
      email: 'bob@example.org',
      sessionsEnded: 1,
    });
    expect(ended).toEqual(['bob']);
    expect(await bed.identify(secret)).toBeUndefined();
    const { db } = bed.store;
    for (const table of ['tokens', 'signInCodes'] as const)
      expect(await db.selectFrom(table).selectAll().execute()).toEqual([]);
    for (const table of ['sessions', 'grants'] as const) {
      expect(await db.selectFrom(table).select('personId').execute()).toEqual([{ personId: ann.personId }]);
    }
    expect((await errorOf(bed.people.remove({ email: 'bob@example.org' }))).code).toBe('NOT_FOUND');
  });

  test('does not remove the last admin who can sign in, also not when two remove each other at once', async () => {
    await bed.arrive('ann@example.org', 'admin');
    await add(localIdentity, 'invited@example.org', 'admin');
    await bed.arrive('viewer@example.org', 'viewer');
    expect((await errorOf(bed.people.remove({ email: 'ann@example.org' }))).code).toBe('CONFLICT');
    await bed.arrive('bob@example.org', 'admin');
    const both = await Promise.allSettled(
      ['ann@example.org', 'bob@example.org'].map((email) => bed.people.remove({ email })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await bed.people.remove({ email: 'viewer@example.org' });
    await bed.people.remove({ email: 'invited@example.org' });
    expect((await bed.people.list()).people).toHaveLength(1);
  });

  test('who is only invited makes their code worthless', async () => {
    const { code } = await add(localIdentity, 'ann@example.org', 'viewer');
    expect(await bed.people.remove({ email: 'ann@example.org' })).toMatchObject({ sessionsEnded: 0 });
    const start = bed.signIn.start({ code, password: 'correct horse battery' }, '192.0.2.1');
    expect((await errorOf(start)).code).toBe('UNAUTHENTICATED');
  });
});
