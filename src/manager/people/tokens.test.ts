import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { replaceGrants } from '../store/people.ts';
import { type Identity, localIdentity, mayDo, mayDoSomewhere } from './identity.ts';
import { errorOf, openPeopleBed, type PeopleBed } from './people-bed.ts';

const hour = 3_600_000;
const fleet = { kind: 'fleet' } as const;

let bed: PeopleBed;
let ann: Identity;
beforeEach(async () => {
  bed = await openPeopleBed();
  ann = await bed.arrive('ann@example.org', 'operator');
});
afterEach(() => bed.close());

function create(identity: Identity, name: string, more: object = {}) {
  return bed.tokens.create(identity, { name, permissions: ['server:read'], lifetimeSeconds: 3600, ...more });
}

describe('a token', () => {
  test('acts for its person, with what it is limited to and no more', async () => {
    const { token, secret } = await create(ann, 'ci', {
      permissions: ['server:read', 'server:control', 'server:read'],
    });
    expect(token).toMatchObject({
      name: 'ci',
      person: 'ann@example.org',
      permissions: ['server:read', 'server:control'],
    });
    const identity = await bed.known(secret);
    expect(identity).toMatchObject({ actor: { kind: 'token', name: 'ann@example.org' }, personId: ann.personId });
    expect(identity.sessionId).toBeUndefined();
    expect(mayDo(identity, 'server:control', fleet)).toBe(true);
    expect(mayDo(identity, 'server:configure', fleet)).toBe(false);
    expect(mayDoSomewhere(identity, 'host:read')).toBe(false);
  });

  test('loses what its person loses', async () => {
    const { secret } = await create(ann, 'ci', { permissions: ['server:control'] });
    await replaceGrants(bed.store.db, ann.personId ?? '', [{ role: 'viewer', scope: { kind: 'global' } }]);
    expect(mayDo(await bed.known(secret), 'server:control', fleet)).toBe(false);
  });

  test('is refused for more than its person holds, and for who is not signed in', async () => {
    const wide = create(ann, 'ci', { permissions: ['server:read', 'people:manage', 'server:delete'] });
    expect((await errorOf(wide)).message).toContain('you lack people:manage, server:delete');
    const { secret } = await create(ann, 'ci');
    expect((await errorOf(create(await bed.known(secret), 'more'))).code).toBe('FORBIDDEN');
    expect((await errorOf(create(localIdentity, 'more'))).code).toBe('FORBIDDEN');
    expect((await bed.tokens.list(ann)).tokens).toHaveLength(1);
  });

  test('has a name of its own among those of its person, until it expires', async () => {
    const { secret } = await create(ann, 'ci');
    expect((await errorOf(create(ann, 'ci'))).code).toBe('CONFLICT');
    await create(await bed.arrive('bob@example.org', 'viewer'), 'ci');
    bed.clock.advance(hour);
    expect(await bed.identify(secret)).toBeUndefined();
    expect((await bed.tokens.list(ann)).tokens).toEqual([]);
    await expect(create(ann, 'ci')).resolves.toBeTruthy();
  });

  test('is one of a hundred at most', async () => {
    for (let n = 0; n < 100; n += 1) await create(ann, `t${n}`);
    expect((await errorOf(create(ann, 'one more'))).code).toBe('CONFLICT');
  });

  test('is shown with when it was used, and never with its secret', async () => {
    const { secret } = await create(ann, 'ci');
    expect((await bed.tokens.list(ann)).tokens[0]).not.toHaveProperty('usedAt');
    await bed.known(secret);
    const { tokens } = await bed.tokens.list(ann);
    expect(tokens).toMatchObject([{ name: 'ci', usedAt: new Date(bed.clock.now()).toISOString() }]);
    expect(JSON.stringify(tokens)).not.toContain(secret.slice(3, 35));
    expect(await bed.tokens.list(localIdentity)).toEqual({ tokens: [] });
  });
});

describe('revoking a token', () => {
  test('by name or id ends it and what is live on it, and no other', async () => {
    const first = await create(ann, 'first');
    const second = await create(ann, 'second');
    const ended: string[] = [];
    for (const { token } of [first, second]) {
      const keys = [`person:${ann.personId}`, `token:${token.id}`] as const;
      bed.live.approach().enter({ keys, counted: [], end: () => ended.push(token.name) });
    }
    expect((await bed.tokens.revoke(ann, { token: 'first' })).token.name).toBe('first');
    expect(ended).toEqual(['first']);
    expect(await bed.identify(first.secret)).toBeUndefined();
    expect(await bed.identify(second.secret)).toBeTruthy();
    await bed.tokens.revoke(ann, { token: second.token.id });
    expect(ended).toEqual(['first', 'second']);
  });

  test('of someone else is not possible, nor by a token of another than itself', async () => {
    const { token, secret } = await create(ann, 'ci');
    const bob = await bed.arrive('bob@example.org', 'admin');
    for (const ref of ['ci', token.id]) {
      expect((await errorOf(bed.tokens.revoke(bob, { token: ref }))).code).toBe('NOT_FOUND');
      expect((await errorOf(bed.tokens.revoke(localIdentity, { token: ref }))).code).toBe('NOT_FOUND');
    }
    const other = await bed.known((await create(ann, 'other')).secret);
    expect((await errorOf(bed.tokens.revoke(other, { token: 'ci' }))).code).toBe('FORBIDDEN');
    await bed.tokens.revoke(await bed.known(secret), { token: 'ci' });
    expect(await bed.identify(secret)).toBeUndefined();
  });
});
