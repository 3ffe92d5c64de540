import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeCode } from '../../protocol/codes.ts';
import { type DoorBed, openDoorBed } from './door-bed.ts';
import type { Call } from './door-options.ts';

interface Asked {
  readonly subject: string;
  readonly data: unknown;
  readonly call: Call;
}

let bed: DoorBed;
let token: string;
let asked: Asked[] = [];

beforeAll(async () => {
  bed = await openDoorBed({
    call: (subject, data, call) => {
      asked.push({ subject, data, call });
      return Promise.resolve({});
    },
  });
  ({ token } = await bed.signIn());
});
afterEach(() => {
  asked = [];
});
afterAll(() => bed.close());

function errorOf(text: string): unknown {
  return JSON.parse(text).error;
}

function postRaw(headers: Record<string, string>, body: string | Buffer) {
  return bed.ask({ method: 'POST', path: '/v1/server.list', headers }, body);
}

describe('the wrong person', () => {
  test('without a token reaches no operation but those for nobody', async () => {
    const { status, headers, text } = await bed.post('server.list', {});
    expect([status, headers['www-authenticate'], errorOf(text)]).toMatchObject([
      401,
      'Bearer',
      { code: 'UNAUTHENTICATED' },
    ]);
    for (const subject of ['system.ping', 'host.renew', 'agent.watch', 'no.such', '__proto__', 'constructor']) {
      expect((await bed.post(subject, {})).status).toBe(401);
    }
    expect(asked).toEqual([]);
    expect((await bed.post('session.start', {})).status).toBe(200);
    expect(asked).toMatchObject([{ subject: 'session.start', call: { asker: { identity: undefined } } }]);
  });

  test('without a token cannot send much', async () => {
    const { status } = await bed.post('session.start', { password: 'x'.repeat(70_000) });
    expect(status).toBe(400);
    expect(asked).toEqual([]);
  });

  test('with a token that is not good is told the same, whatever is wrong with it, also by operations for nobody', async () => {
    const expired = await bed.signIn({ expiresInMs: -1 });
    const removed = await bed.signIn();
    await bed.store.db.deleteFrom('people').where('id', '=', removed.personId).execute();
    const revoked = await bed.signIn();
    await bed.store.db.deleteFrom('sessions').where('id', '=', revoked.sessionId).execute();
    const { personId } = await bed.signIn();
    const tokens = [
      expired.token,
      removed.token,
      revoked.token,
      await bed.makeToken(personId, ['server:read'], -1),
      makeCode('token', bed.authority.fingerprint),
      makeCode('join', bed.authority.fingerprint),
      makeCode('sign-in', bed.authority.fingerprint),
      token.replace('zs_', 'zt_'),
      `${token}x`,
      'x',
      "' or 1=1 --",
      '',
    ];
    const told = new Set<string>();
    for (const one of tokens) {
      for (const subject of ['server.list', 'session.start']) {
        const { status, text } = await bed.post(subject, {}, { token: one });
        expect([one, status]).toEqual([one, 401]);
        told.add(text);
      }
    }
    expect(told.size).toBe(1);
    expect(asked).toEqual([]);
  });

  test('with a good token under another scheme is not known', async () => {
    for (const authorization of [`Basic ${Buffer.from(`a:${token}`).toString('base64')}`, token, `Token ${token}`]) {
      const headers = { 'content-type': 'application/json', authorization };
      expect((await postRaw(headers, '{}')).status).toBe(401);
    }
  });

  test('is not let in by the certificate of a host', async () => {
    const host = await bed.join('box-post');
    expect((await bed.post('server.list', {}, { identity: host })).status).toBe(401);
    expect(asked).toEqual([]);
  });

  test.each([
    '?token=abc',
    '?a=1&access_token=x',
    `?q=zs_${'A'.repeat(32)}`,
    `/zt%5F${'A'.repeat(32)}`,
    '?authorization=Bearer%20x',
  ])('with a token in the address (%s) is told where it belongs', async (end) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const { status, text } = await bed.ask({ method: 'POST', path: `/v1/server.list${end}`, headers }, '{}');
    expect([status, errorOf(text)]).toMatchObject([400, { code: 'INVALID_INPUT' }]);
    expect(text).toContain('Authorization header');
    expect(asked).toEqual([]);
  });
});
