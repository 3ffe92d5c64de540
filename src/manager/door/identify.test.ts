import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Identity } from '../people/identity.ts';
import { goodPassword, openPeopleBed, type PeopleBed } from '../people/people-bed.ts';

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

describe('knowing people', () => {
  test('tells a session by its token, with the grants of this moment, until its person is removed', async () => {
    const { token } = await bed.signIn.start({ email: 'ann@example.org', password: goodPassword }, '192.0.2.1');
    expect(await bed.known(token)).toMatchObject({
      actor: { kind: 'person', id: ann.personId, name: 'ann@example.org' },
      grants: [{ role: 'operator', scope: { kind: 'global' } }],
    });
    expect(await bed.known(token)).not.toHaveProperty('limitedTo');
    await bed.people.remove({ email: 'ann@example.org' });
    expect(await bed.identify(token)).toBeUndefined();
  });

  test('writes a use down once a minute, not at each call', async () => {
    const { secret } = await create(ann, 'ci');
    const used = async () => (await bed.store.db.selectFrom('tokens').select('usedAt').execute())[0]?.usedAt;
    await bed.known(secret);
    const first = await used();
    bed.clock.advance(59_000);
    await bed.known(secret);
    expect(await used()).toBe(first);
    bed.clock.advance(2_000);
    await bed.known(secret);
    expect(await used()).toBe(bed.clock.now());
  });

  test('takes a token for nothing but what its beginning says', async () => {
    const { secret } = await create(ann, 'ci');
    for (const other of [
      secret.replace('zt_', 'zs_'),
      secret.slice(3),
      ` ${secret} x`,
      `${secret}.`,
      secret.toUpperCase(),
    ]) {
      expect(await bed.identify(other)).toBeUndefined();
    }
    expect(await bed.identify(` ${secret} `)).toBeTruthy();
  });
});
