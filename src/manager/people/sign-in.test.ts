import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeCode } from '../../protocol/codes.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { sessionStart, userAdd } from '../../protocol/operations/person.ts';
import { dropExpiredSessions } from '../store/sessions.ts';
import { type Identity, localIdentity } from './identity.ts';
import { errorOf, goodPassword, openPeopleBed, type PeopleBed, someFingerprint } from './people-bed.ts';

const hour = 3_600_000;
const day = 24 * hour;

let bed: PeopleBed;
beforeEach(async () => {
  bed = await openPeopleBed();
});
afterEach(() => bed.close());

function start(request: object, from = '192.0.2.1') {
  return bed.signIn.start(sessionStart.request.parse(request), from);
}

async function invite(email: string): Promise<string> {
  return (await bed.people.add(localIdentity, userAdd.request.parse({ email, role: 'viewer' }))).code;
}

async function known(token: string): Promise<Identity> {
  const identity = await bed.identify(token);
  if (!identity) throw new Error('nobody has that token');
  return identity;
}

describe('the owner', () => {
  test('signs in with the code, and is an admin with their own e-mail and password from then on', async () => {
    const { code, expiresAt } = await bed.signIn.initOwner();
    expect(Date.parse(expiresAt) - bed.clock.now()).toBe(day);
    const { token, actor } = await start({ code, email: ' Ann@Example.org ', password: goodPassword });
    expect(actor).toMatchObject({ kind: 'person', name: 'ann@example.org' });
    expect(bed.signIn.show(await known(token))).toMatchObject({
      grants: [{ role: 'admin', scope: { kind: 'global' } }],
    });
    expect((await start({ email: 'ann@example.org', password: goodPassword })).actor).toEqual(actor);
    expect(await errorOf(bed.signIn.initOwner())).toMatchObject({
      code: 'CONFLICT',
      hint: expect.stringContaining('user add'),
    });
  });

  test('has one code at a time, which keeps while what comes with it is not right', async () => {
    const first = await bed.signIn.initOwner();
    const { code } = await bed.signIn.initOwner();
    const own = { email: 'ann@example.org', password: goodPassword };
    expect((await errorOf(start({ ...own, code: first.code }))).code).toBe('UNAUTHENTICATED');
    expect((await errorOf(start({ code, password: goodPassword }))).message).toContain('e-mail');
    expect((await errorOf(start({ code, email: own.email, password: 'short' }))).message).toContain('12 characters');
    expect((await errorOf(start({ code, email: own.email }))).code).toBe('INVALID_INPUT');
    await invite('bob@example.org');
    expect((await errorOf(start({ code, email: 'bob@example.org', password: goodPassword }))).code).toBe('CONFLICT');
    await expect(start({ ...own, code })).resolves.toBeTruthy();
  });
});

describe('a code', () => {
  test('works once, also for many at the same time', async () => {
    const code = await invite('ann@example.org');
    const tries = await Promise.allSettled(Array.from({ length: 5 }, () => start({ code, password: goodPassword })));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await errorOf(start({ code, password: goodPassword }))).code).toBe('UNAUTHENTICATED');
  });

  test('fails in the same words whatever is wrong with it', async () => {
    const used = await invite('used@example.org');
    await start({ code: used, password: goodPassword });
    const ended = await invite('ended@example.org');
    await invite('ended@example.org');
    const removed = await invite('removed@example.org');
    await bed.people.remove({ email: 'removed@example.org' });
    const others = await invite('theirs@example.org');
    const expired = await invite('expired@example.org');
    const tries = [
      { code: used },
      { code: ended },
      { code: removed },
      { code: others, email: 'mine@example.org' },
      { code: makeCode('sign-in', someFingerprint) },
    ];
    const errors = [];
    for (const one of tries) errors.push(await errorOf(start({ ...one, password: goodPassword })));
    bed.clock.advance(3 * day);
    errors.push(await errorOf(start({ code: expired, password: goodPassword })));
    errors.push(await errorOf(start({ email: 'nobody@example.org', password: goodPassword })));
    errors.push(await errorOf(start({ email: 'used@example.org', password: 'not that password' })));
    errors.push(await errorOf(start({ email: 'ended@example.org', password: goodPassword })));
    expect(new Set(errors.map(({ code, message, hint }) => `${code} ${message} ${hint}`)).size).toBe(1);
    await expect(start({ code: await invite('theirs@example.org'), password: goodPassword })).resolves.toBeTruthy();
  });

  test('of another kind is named', async () => {
    const code = makeCode('join', someFingerprint);
    expect((await errorOf(start({ code, password: goodPassword }))).message).toContain('this is a join code');
  });
});

describe('e-mail and password', () => {
  test('cost the same work for someone who is not there, has never signed in, or has another password', async () => {
    await bed.arrive('ann@example.org', 'viewer');
    await invite('bob@example.org');
    for (const email of ['nobody@example.org', 'bob@example.org', 'ann@example.org']) {
      const before = bed.hashed();
      expect((await errorOf(start({ email, password: 'not that password' }))).code).toBe('UNAUTHENTICATED');
      expect(bed.hashed() - before).toBe(1);
    }
  });

  test('that are guessed get slower for the e-mail from everywhere, and a person who knows theirs comes in again', async () => {
    await bed.arrive('ann@example.org', 'viewer');
    const from = (n: number): string => `198.51.100.${n}`;
    for (let n = 0; n < 5; n += 1)
      await errorOf(start({ email: 'ann@example.org', password: 'guess guess guess' }, from(n)));
    const before = bed.hashed();
    const right = { email: 'ann@example.org', password: goodPassword };
    expect((await errorOf(start(right, from(99)))).message).toContain('wait 1 s');
    expect(bed.hashed()).toBe(before);
    bed.clock.advance(1_001);
    await expect(start(right, from(99))).resolves.toBeTruthy();
    await errorOf(start({ ...right, password: 'one more guess' }, from(98)));
    await expect(start(right, from(99))).resolves.toBeTruthy();
  });

  test('that are guessed get slower for an address, whatever the e-mail, and another network is not kept waiting', async () => {
    await bed.arrive('ann@example.org', 'viewer');
    const guess = (n: number, from: string) =>
      errorOf(start({ email: `p${n}@example.org`, password: 'guess guess guess' }, from));
    for (let n = 0; n < 10; n += 1) await guess(n, `2001:db8::${n}`);
    expect((await guess(10, '2001:db8::ffff')).message).toContain('wait');
    const right = { email: 'ann@example.org', password: goodPassword };
    expect((await errorOf(start(right, '2001:db8::1'))).message).toContain('wait');
    await expect(start(right, '2001:db8:0:1::1')).resolves.toBeTruthy();
  });

  test('of 200 guesses a minute let few through', async () => {
    let tried = 0;
    for (let second = 0; second < 600; second += 1) {
      const before = bed.hashed();
      await errorOf(start({ email: 'ann@example.org', password: 'guess guess guess' }, `198.51.100.${second % 200}`));
      tried += bed.hashed() - before;
      bed.clock.advance(300);
    }
    expect(tried).toBeLessThan(16);
  });

  test('are not tries where the request is not whole', async () => {
    for (let n = 0; n < 20; n += 1)
      expect((await errorOf(start({ email: 'ann@example.org' }))).code).toBe('INVALID_INPUT');
    await bed.arrive('ann@example.org', 'viewer');
  });
});

describe('a session', () => {
  test('ends after 30 days, and is forgotten then', async () => {
    await bed.arrive('ann@example.org', 'viewer');
    const { token, expiresAt } = await start({ email: 'ann@example.org', password: goodPassword });
    expect(Date.parse(expiresAt) - bed.clock.now()).toBe(30 * day);
    bed.clock.advance(30 * day - 1);
    expect(await bed.identify(token)).toBeTruthy();
    bed.clock.advance(1);
    expect(await bed.identify(token)).toBeUndefined();
    await dropExpiredSessions(bed.store.db, bed.clock.now());
    expect(await bed.store.db.selectFrom('sessions').selectAll().execute()).toEqual([]);
  });

  test('that signs out ends, with what is live on it, and no other does', async () => {
    const other = await bed.arrive('ann@example.org', 'viewer');
    const { token } = await start({ email: 'ann@example.org', password: goodPassword });
    const identity = await known(token);
    const ended: string[] = [];
    const keys = [`session:${identity.sessionId}`, `person:${identity.personId}`] as const;
    bed.live.approach().enter({ keys, counted: [], end: (why) => ended.push(why) });
    await bed.signIn.end(identity);
    expect(ended).toEqual(['revoked']);
    expect(await bed.identify(token)).toBeUndefined();
    expect(await bed.store.db.selectFrom('sessions').select('id').execute()).toEqual([{ id: other.sessionId }]);
    expect((await errorOf(bed.signIn.end(localIdentity))).code).toBe('FORBIDDEN');
  });

  test('of one person there are 50 at most: the one used longest ago makes room', async () => {
    const first = await bed.arrive('ann@example.org', 'viewer');
    for (let n = 0; n < 50; n += 1) {
      bed.clock.advance(1_000);
      await start({ email: 'ann@example.org', password: goodPassword });
    }
    const ids = await bed.store.db.selectFrom('sessions').select('id').execute();
    expect(ids).toHaveLength(50);
    expect(ids).not.toContainEqual({ id: first.sessionId });
  });

  test('leaves neither its token nor a password in the store', async () => {
    await bed.arrive('ann@example.org', 'viewer');
    const { token } = await start({ email: 'ann@example.org', password: goodPassword });
    const bytes = Buffer.concat(await Promise.all([readFile(bed.store.file), readFile(`${bed.store.file}-wal`)]));
    expect(bytes.includes('ann@example.org')).toBe(true);
    for (const secret of [token, token.slice(3), goodPassword]) expect(bytes.includes(secret)).toBe(false);
  });
});

describe('a new password', () => {
  test('takes the place of the old one, and ends the other sessions', async () => {
    const other = await bed.arrive('ann@example.org', 'viewer');
    const ended: string[] = [];
    bed.live.approach().enter({ keys: [`session:${other.sessionId}`], counted: [], end: (why) => ended.push(why) });
    const { token } = await start({ email: 'ann@example.org', password: goodPassword });
    const next = 'another good password';
    expect(await bed.signIn.changePassword(await known(token), { current: goodPassword, next })).toEqual({
      sessionsEnded: 1,
    });
    expect(ended).toEqual(['revoked']);
    expect(await bed.identify(token)).toBeTruthy();
    expect((await errorOf(start({ email: 'ann@example.org', password: goodPassword }))).code).toBe('UNAUTHENTICATED');
    await expect(start({ email: 'ann@example.org', password: next })).resolves.toBeTruthy();
  });

  test('needs the old one, which cannot be guessed at will, and a session', async () => {
    const identity = await bed.arrive('ann@example.org', 'viewer');
    const guess = { current: 'guess guess guess', next: 'another good password' };
    for (let n = 0; n < 5; n += 1)
      expect((await errorOf(bed.signIn.changePassword(identity, guess))).code).toBe('UNAUTHENTICATED');
    const right = { ...guess, current: goodPassword };
    expect((await errorOf(bed.signIn.changePassword(identity, right))).message).toContain('wait');
    expect((await errorOf(bed.signIn.changePassword(localIdentity, right))).code).toBe('FORBIDDEN');
    const { sessionId: _, ...token } = identity;
    expect((await errorOf(bed.signIn.changePassword({ ...token, tokenId: 't' }, right))).message).toContain(
      'An API token',
    );
  });

  test('set while someone signs in with the old one leaves them outside, and so does being removed', async () => {
    const identity = await bed.arrive('ann@example.org', 'viewer');
    const old = { email: 'ann@example.org', password: goodPassword };
    bed.meanwhile(() => bed.signIn.changePassword(identity, { current: goodPassword, next: 'another good password' }));
    expect((await errorOf(start(old))).code).toBe('UNAUTHENTICATED');
    expect(await bed.store.db.selectFrom('sessions').select('id').execute()).toEqual([{ id: identity.sessionId }]);
    bed.meanwhile(() => bed.people.remove({ email: 'ann@example.org' }));
    expect((await errorOf(start({ ...old, password: 'another good password' }))).code).toBe('UNAUTHENTICATED');
    expect(await bed.store.db.selectFrom('sessions').select('id').execute()).toEqual([]);
  });

  test('counts no try where the manager was too busy to check one', async () => {
    await bed.arrive('ann@example.org', 'viewer');
    const right = { email: 'ann@example.org', password: goodPassword };
    for (let n = 0; n < 20; n += 1) {
      bed.meanwhile(() => Promise.reject(new ZedopsError('UNREACHABLE', 'too many')));
      expect((await errorOf(start(right))).code).toBe('UNREACHABLE');
    }
    await expect(start(right)).resolves.toBeTruthy();
  });
});
