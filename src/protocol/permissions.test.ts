import fc from 'fast-check';
import { expect, test } from 'vitest';
import { operations } from './operations/index.ts';
import {
  type Grant,
  isAllowed,
  isAllowedSomewhere,
  Permission,
  type Place,
  Role,
  rolePermissions,
} from './permissions.ts';

const permissions = Permission.options;

test('the table of roles', () => {
  const table = Object.fromEntries(
    permissions.map((permission) => [
      permission,
      Role.options.filter((role) => rolePermissions[role].includes(permission)),
    ]),
  );
  expect(table).toEqual({
    'server:read': ['admin', 'agent-admin', 'operator', 'viewer'],
    'server:control': ['admin', 'agent-admin', 'operator'],
    'server:configure': ['admin', 'agent-admin', 'operator'],
    'server:console': ['admin', 'agent-admin', 'operator'],
    'player:manage': ['admin', 'agent-admin', 'operator'],
    'server:create': ['admin', 'agent-admin'],
    'server:delete': ['admin', 'agent-admin'],
    'host:read': ['admin', 'agent-admin', 'operator', 'viewer'],
    'host:manage': ['admin', 'agent-admin'],
    'people:manage': ['admin'],
    'audit:read': ['admin'],
  });
});

const places: Readonly<Record<string, Place>> = {
  fleet: { kind: 'fleet' },
  'host h1': { kind: 'host', hostId: 'h1' },
  'host h2': { kind: 'host', hostId: 'h2' },
  'server s1 on h1': { kind: 'server', hostId: 'h1', serverId: 's1' },
  'server s2 on h1': { kind: 'server', hostId: 'h1', serverId: 's2' },
  'server s3 on h2': { kind: 'server', hostId: 'h2', serverId: 's3' },
};

test.each<[Grant['scope'], string[]]>([
  [{ kind: 'global' }, Object.keys(places)],
  [{ kind: 'host', id: 'h1' }, ['host h1', 'server s1 on h1', 'server s2 on h1']],
  [{ kind: 'server', id: 's1' }, ['server s1 on h1']],
  // Ids of hosts and servers are worlds apart, whatever they read like.
  [{ kind: 'server', id: 'h1' }, []],
  [{ kind: 'host', id: 's1' }, []],
])('a grant on %j reaches no further', (scope, reached) => {
  for (const role of Role.options) {
    for (const permission of permissions) {
      const where = Object.keys(places).filter((name) => {
        const place = places[name];
        return place && isAllowed([{ role, scope }], permission, place);
      });
      expect(where, `${role} ${permission}`).toEqual(rolePermissions[role].includes(permission) ? reached : []);
    }
  }
});

const scope: fc.Arbitrary<Grant['scope']> = fc.oneof(
  fc.constant({ kind: 'global' as const }),
  fc.record({ kind: fc.constant('host' as const), id: fc.constantFrom('h1', 'h2') }),
  fc.record({ kind: fc.constant('server' as const), id: fc.constantFrom('s1', 's2') }),
);
const grants = fc.array(fc.record({ role: fc.constantFrom(...Role.options), scope }), { maxLength: 4 });

test('one more grant never takes anything away, and nobody without grants may do anything', () => {
  const place = fc.constantFrom(...Object.values(places));
  fc.assert(
    fc.property(grants, grants, fc.constantFrom(...permissions), place, (held, more, permission, where) => {
      expect(isAllowed([], permission, where)).toBe(false);
      expect(isAllowedSomewhere([], permission)).toBe(false);
      if (isAllowed(held, permission, where)) {
        expect(isAllowed([...more, ...held], permission, where)).toBe(true);
        expect(isAllowedSomewhere(held, permission)).toBe(true);
      }
    }),
  );
});

test('a wider role may do all that a narrower one may', () => {
  const order: Role[] = ['viewer', 'operator', 'agent-admin', 'admin'];
  order.reduce((narrow, wide) => {
    expect(rolePermissions[wide]).toEqual(expect.arrayContaining([...rolePermissions[narrow]]));
    return wide;
  });
  expect(new Set(rolePermissions.admin)).toEqual(new Set(permissions));
});

test('whatever people may change or read of others needs a permission', () => {
  const open = operations.filter(({ audience, permission }) => audience === 'people' && permission === 'none');
  expect(open.map(({ subject }) => subject).sort()).toEqual([
    'image.list',
    'image.show',
    'manager.show',
    'session.end',
    'session.show',
    'token.create',
    'token.list',
    'token.revoke',
    'user.password',
  ]);
});

test('what only machines ask for is not open to people by a permission', () => {
  for (const { subject, audience, permission } of operations) {
    if (audience !== 'people') expect(permission, subject).toBe('none');
  }
});
