import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeCode } from '../../protocol/codes.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { openAuthority } from '../trust/authority.ts';
import { closed, type DoorBed, openDoorBed, outcomeOf, wireOf } from './door-bed.ts';

let bed: DoorBed;
beforeEach(async () => {
  bed = await openDoorBed();
});
afterEach(() => bed.close());

/** The headers of a refusal, as the other end sees them. */
async function upgrade(path: string, headers: Record<string, string> = {}, options = {}) {
  return bed.ask({
    path,
    headers: {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      'sec-websocket-version': '13',
      ...headers,
    },
    ...options,
  });
}

describe('people at /client', () => {
  test('come in with a session or an API token, and are told by it', async () => {
    const { token, personId } = await bed.signIn({ grants: [{ role: 'viewer', scope: { kind: 'global' } }] });
    const api = await bed.makeToken(personId, ['server:read']);
    const frames = closed(wireOf(await bed.dial('/client', { token })));
    wireOf(await bed.dial('/client', { token: api })).close(1000, '');
    expect(bed.clients.map(({ asker }) => asker)).toMatchObject([
      { from: '127.0.0.1', identity: { actor: { kind: 'person', id: personId } } },
      { from: '127.0.0.1', identity: { actor: { kind: 'token', id: personId }, limitedTo: ['server:read'] } },
    ]);
    bed.clients[0]?.wire.send('{"hello":1}');
    bed.clients[0]?.wire.close(1000, 'enough');
    await expect(frames).resolves.toEqual({ code: 1000, reason: 'enough', frames: ['{"hello":1}'] });
  });

  test('do not come in without a good token', async () => {
    const host = await bed.join('box-1');
    const expired = await bed.signIn({ expiresInMs: -1 });
    const revoked = await bed.signIn();
    await bed.store.db.deleteFrom('sessions').where('id', '=', revoked.sessionId).execute();
    const expiredToken = await bed.makeToken(revoked.personId, ['server:read'], -1);
    const bad = [
      {},
      { identity: host },
      { token: expired.token },
      { token: revoked.token },
      { token: expiredToken },
      { token: makeCode('token', bed.authority.fingerprint) },
      { token: makeCode('join', bed.authority.fingerprint) },
      { token: makeCode('sign-in', bed.authority.fingerprint) },
      { token: revoked.token.replace('zs_', 'zt_'), identity: host },
      { token: 'x' },
    ];
    for (const as of bad) expect(await outcomeOf(bed.dial('/client', as))).toBe('rejected: UNAUTHENTICATED');
    expect(bed.clients).toEqual([]);
    const { token } = await bed.signIn();
    expect((await upgrade(`/client?token=${token}`)).status).toBe(400);
    expect((await upgrade(`/client?token=${token}`, { authorization: `Bearer ${token}` })).text).toContain(
      'never into',
    );
    expect(bed.clients).toEqual([]);
  });
});

describe('hosts at /agent', () => {
  test('come in by their certificate', async () => {
    const host = await bed.join('box-1');
    wireOf(await bed.dial('/agent', { identity: host }));
    expect(bed.agents).toMatchObject([{ from: '127.0.0.1', agent: { host: { id: host.hostId, name: 'box-1' } } }]);
  });

  test('do not come in by anything else', async () => {
    const host = await bed.join('box-1');
    const { token } = await bed.signIn({ grants: [{ role: 'admin', scope: { kind: 'global' } }] });
    const folder = await mkdtemp(join(tmpdir(), 'zedops-other-'));
    const other = await openAuthority(folder, bed.clock);
    await rm(folder, { recursive: true });
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const foreign = { certificate: (await other.issueAgentCertificate(host.hostId, spki)).certificate, key };
    // Signed by the right authority, for the right host, and yet not the certificate that host was given.
    const neverGiven = { certificate: (await bed.authority.issueAgentCertificate(host.hostId, spki)).certificate, key };
    const unlisted = { certificate: (await bed.authority.issueAgentCertificate('nobody', spki)).certificate, key };
    const server = await bed.authority.issueServerCertificate(['localhost']);
    const revoked = await bed.join('box-2');
    await bed.enrolment.revoke(revoked.hostId);
    const superseded = await bed.join('box-3');
    await bed.enrolment.revoke(superseded.hostId);
    await bed.join('box-3');
    const cases = [
      [{}, 401, 'no-certificate'],
      [{ token }, 401, 'no-certificate'],
      [{ identity: foreign }, 403, 'unknown'],
      [{ identity: foreign, token }, 403, 'unknown'],
      [{ identity: neverGiven }, 403, 'superseded'],
      [{ identity: unlisted }, 403, 'unknown'],
      [{ identity: server }, 403, 'unknown'],
      [{ identity: revoked }, 403, 'revoked'],
      [{ identity: superseded }, 403, 'superseded'],
    ] as const;
    for (const [as, status, reason] of cases) {
      const identity = 'identity' in as ? { cert: as.identity.certificate, key: as.identity.key } : {};
      const bearer = 'token' in as ? { authorization: `Bearer ${as.token}` } : {};
      const answered = await upgrade('/agent', bearer, identity);
      expect([answered.status, answered.headers['zedops-rejected']]).toEqual([status, reason]);
      expect(await outcomeOf(bed.dial('/agent', as))).toMatch(/^rejected: /);
    }
    bed.clock.advance(31 * 86_400_000);
    expect(await outcomeOf(bed.dial('/agent', { identity: host }))).toBe('rejected: FORBIDDEN');
    expect(bed.agents).toEqual([]);
  });

  test('show their key each time: a resumed TLS session is not enough, and no reason to give up for good', async () => {
    const { certificate: cert, key } = await bed.join('box-1');
    const options = { port: bed.port, host: '127.0.0.1', cert, key, rejectUnauthorized: false };
    const session = await new Promise<Buffer>((resolve, reject) => {
      const socket = connect(options);
      socket.once('error', reject);
      socket.once('session', (ticket) => {
        socket.destroy();
        resolve(ticket);
      });
    });
    const resumed = connect({ ...options, session });
    const { status, headers } = await upgrade('/agent', {}, { agent: undefined, createConnection: () => resumed });
    expect(resumed.isSessionReused()).toBe(true);
    expect([status, headers['zedops-rejected']]).toEqual([503, undefined]);
    expect(bed.agents).toEqual([]);
  });

  test('know a passing trouble from a rejection', async () => {
    await bed.close();
    bed = await openDoorBed({ enrolment: { authenticate: () => Promise.reject(new Error('the disk hums')) } });
    const dialled = bed.dial('/agent', {});
    await expect(dialled).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(dialled).rejects.not.toThrow('hums');
  });
});

test('a connection that the manager cannot serve is closed, and the next one is served', async () => {
  await bed.close();
  const welcomed: string[] = [];
  bed = await openDoorBed({
    onClient: () => {
      welcomed.push('one');
      if (welcomed.length === 1) throw new ZedopsError('INTERNAL', 'a bug');
    },
  });
  const { token } = await bed.signIn();
  expect((await closed(wireOf(await bed.dial('/client', { token })))).code).toBe(1011);
  wireOf(await bed.dial('/client', { token }));
  expect(welcomed).toHaveLength(2);
});
