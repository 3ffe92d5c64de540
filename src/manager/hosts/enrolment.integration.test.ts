import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../platform/fake-clock.ts';
import { makeCode, renewalText } from '../../protocol/codes.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { hostInvite, hostJoin, hostRenew } from '../../protocol/operations/host.ts';
import { openStore, type Store } from '../store/database.ts';
import { type Authority, openAuthority } from '../trust/authority.ts';
import { type AgentIdentity, createEnrolment, type Enrolment } from './enrolment.ts';

const hour = 3_600_000;
const day = 24 * hour;

interface Keys {
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

function makeKeys(): Keys {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString(), privateKey };
}

function prove({ privateKey }: Keys, text: string): string {
  return sign('sha256', Buffer.from(text), privateKey).toString('base64');
}

async function errorOf(promise: Promise<unknown>): Promise<ZedopsError> {
  const error = await promise.then(
    () => new Error('it was let in'),
    (reason: unknown) => reason,
  );
  if (error instanceof ZedopsError) return error;
  throw error;
}

let folder: string;
let clock: FakeClock;
let store: Store;
let authority: Authority;
let enrolment: Enrolment;
let cut: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-enrolment-'));
  clock = createFakeClock(Date.now());
  store = await openStore(folder, clock);
  authority = await openAuthority(folder, clock);
  cut = [];
  enrolment = createEnrolment({ db: store.db, authority, clock, live: { cut: (key) => cut.push(key) } });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function joinWith(code: string, keys: Keys = makeKeys(), from = '192.0.2.1') {
  const request = { code, publicKey: keys.publicKey, proof: prove(keys, code) };
  return hostJoin.reply.parse(await enrolment.join(request, from));
}

async function invite(name: string): Promise<string> {
  return hostInvite.reply.parse(await enrolment.invite(name)).code;
}

async function enter(certificate: string): Promise<AgentIdentity> {
  const outcome = await enrolment.authenticate(new X509Certificate(certificate));
  if ('rejected' in outcome) throw new Error(`rejected: ${outcome.rejected}`);
  return outcome;
}

async function rejection(certificate: string): Promise<string> {
  const outcome = await enrolment.authenticate(new X509Certificate(certificate));
  return 'rejected' in outcome ? outcome.rejected : 'let in';
}

async function renew(agent: AgentIdentity, keys: Keys = makeKeys()): Promise<string> {
  const proof = prove(keys, renewalText(agent.host.id));
  return hostRenew.reply.parse(await enrolment.renew(agent, { publicKey: keys.publicKey, proof })).certificate;
}

describe('joining', () => {
  test('with a code makes the host active, and its certificate lets it in', async () => {
    const code = await invite('box-1');
    const joined = await joinWith(code);
    expect(joined.name).toBe('box-1');
    expect(joined.authority).toBe(authority.certificate);
    const { host } = await enter(joined.certificate);
    expect(host).toMatchObject({ id: joined.hostId, name: 'box-1', state: 'active', joinedAt: clock.now() });
  });

  test('keeps no code in the database', async () => {
    const code = await invite('box-1');
    await store.close();
    expect((await readFile(store.file)).includes(code.slice(3, 35))).toBe(false);
    store = await openStore(folder, clock);
  });

  test('fails in the same words for a used, an expired, an ended, a foreign and a made-up code, and a stolen one', async () => {
    const used = await invite('used');
    await joinWith(used);
    const ended = await invite('ended');
    await invite('ended');
    const foreign = makeCode('join', `SHA256:${Buffer.alloc(32).toString('base64url')}`);
    const changed = `${(await invite('changed')).split('.')[0]}.${foreign.split('.')[1]}`;
    const stolen = await invite('stolen');
    const thief = makeKeys();
    const expired = await invite('expired');
    const errors = [
      await errorOf(joinWith(used, makeKeys(), '192.0.2.2')),
      await errorOf(joinWith(ended, makeKeys(), '192.0.2.3')),
      await errorOf(joinWith(foreign, makeKeys(), '192.0.2.4')),
      await errorOf(joinWith(changed, makeKeys(), '192.0.2.5')),
      await errorOf(
        enrolment.join({ code: stolen, publicKey: makeKeys().publicKey, proof: prove(thief, stolen) }, '192.0.2.6'),
      ),
    ];
    clock.advance(hour);
    errors.push(await errorOf(joinWith(expired, makeKeys(), '192.0.2.7')));
    expect(new Set(errors.map(({ code, message }) => `${code} ${message}`))).toEqual(
      new Set(['UNAUTHENTICATED This join code is not valid: it was used, has expired, or never was one']),
    );
  });

  test('with a bad proof does not use the code up', async () => {
    const code = await invite('box-1');
    await errorOf(enrolment.join({ code, publicKey: makeKeys().publicKey, proof: 'AAAA' }, '192.0.2.1'));
    expect((await joinWith(code)).name).toBe('box-1');
  });

  test('once is once, also for many at the same time', async () => {
    const code = await invite('box-1');
    const tries = Array.from({ length: 10 }, (_, index) => joinWith(code, makeKeys(), `192.0.2.${index}`));
    const outcomes = await Promise.allSettled(tries);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('takes no key but EC P-256 and Ed25519', async () => {
    const code = await invite('box-1');
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const rsa = { publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString(), privateKey };
    expect((await errorOf(joinWith(code, rsa))).message).toContain('neither EC P-256 nor Ed25519');
    const { privateKey: mine } = makeKeys();
    const pem = mine.export({ format: 'pem', type: 'pkcs8' }).toString();
    expect((await errorOf(joinWith(code, { publicKey: pem, privateKey: mine }))).code).toBe('INVALID_INPUT');
    const edwards = generateKeyPairSync('ed25519');
    const proof = sign(null, Buffer.from(code), edwards.privateKey).toString('base64');
    const spki = edwards.publicKey.export({ format: 'pem', type: 'spki' }).toString();
    expect(await enrolment.join({ code, publicKey: spki, proof }, '192.0.2.1')).toMatchObject({ name: 'box-1' });
  });

  test('gets slower for an address that fails, and for no other', async () => {
    const fingerprint = authority.fingerprint;
    for (let turn = 0; turn < 5; turn += 1) await errorOf(joinWith(makeCode('join', fingerprint)));
    const code = await invite('box-1');
    expect((await errorOf(joinWith(code))).message).toContain('Too many failed tries from this address');
    expect((await joinWith(code, makeKeys(), '192.0.2.99')).name).toBe('box-1');
  });
});

describe('inviting', () => {
  test('an invited host again ends the first code', async () => {
    const first = await invite('box-1');
    const second = await invite('box-1');
    await errorOf(joinWith(first));
    expect((await joinWith(second)).name).toBe('box-1');
  });

  test('a host that has joined is refused, and says what to do', async () => {
    await joinWith(await invite('box-1'));
    const error = await errorOf(enrolment.invite('box-1'));
    expect(error.code).toBe('CONFLICT');
    expect(error.hint).toContain('zedops host revoke box-1');
  });

  test('a revoked host keeps its id, and only its new certificate is good', async () => {
    const first = await joinWith(await invite('box-1'));
    await enrolment.revoke(first.hostId);
    const code = await invite('box-1');
    expect(await rejection(first.certificate)).toBe('revoked');
    const second = await joinWith(code);
    expect(second.hostId).toBe(first.hostId);
    expect(await rejection(first.certificate)).toBe('superseded');
    expect((await enter(second.certificate)).host.id).toBe(first.hostId);
  });

  test('a host by a name that is another host’s id does not touch that one', async () => {
    const { hostId } = await joinWith(await invite('box-1'));
    expect(await enrolment.invite(hostId)).not.toMatchObject({ hostId });
  });
});

describe('revoking', () => {
  test('refuses the certificate and cuts the connection', async () => {
    const joined = await joinWith(await invite('box-1'));
    expect(await enrolment.revoke(joined.hostId)).toEqual({ wasOnline: true });
    expect(cut).toEqual([`host:${joined.hostId}`]);
    expect(await rejection(joined.certificate)).toBe('revoked');
  });

  test('ends a code that was not used', async () => {
    const { hostId, code } = hostInvite.reply.parse(await enrolment.invite('box-1'));
    await enrolment.revoke(hostId);
    expect((await errorOf(joinWith(code))).code).toBe('UNAUTHENTICATED');
  });

  test('also stops a renewal that is under way', async () => {
    const agent = await enter((await joinWith(await invite('box-1'))).certificate);
    await enrolment.revoke(agent.host.id);
    expect((await errorOf(renew(agent))).code).toBe('FORBIDDEN');
  });
});

describe('renewing', () => {
  test('keeps the old certificate good until the new one is seen', async () => {
    const first = (await joinWith(await invite('box-1'))).certificate;
    const second = await renew(await enter(first));
    expect(await rejection(first)).toBe('let in');
    expect(await rejection(second)).toBe('let in');
    expect(await rejection(first)).toBe('superseded');
  });

  test('whose reply was lost can be done again', async () => {
    const first = (await joinWith(await invite('box-1'))).certificate;
    const lost = await renew(await enter(first));
    const third = await renew(await enter(first));
    expect(await rejection(lost)).toBe('superseded');
    expect(await rejection(third)).toBe('let in');
    expect(await rejection(first)).toBe('superseded');
  });

  test('needs a proof by the new key, over this host and nothing else', async () => {
    const agent = await enter((await joinWith(await invite('box-1'))).certificate);
    const keys = makeKeys();
    const { publicKey } = keys;
    const proofs = [
      prove(makeKeys(), renewalText(agent.host.id)),
      prove(keys, agent.host.id),
      prove(keys, renewalText('x')),
      '',
    ];
    for (const proof of proofs) {
      expect((await errorOf(enrolment.renew(agent, { publicKey, proof }))).code).toBe('FORBIDDEN');
    }
  });
});

describe('a certificate', () => {
  test('is refused after its 30 days', async () => {
    const { certificate } = await joinWith(await invite('box-1'));
    clock.advance(30 * day - 1000);
    expect(await rejection(certificate)).toBe('let in');
    clock.advance(1000);
    expect(await rejection(certificate)).toBe('expired');
  });

  test('of nobody, of another authority, of the manager itself, and of a host that is not on the list is refused', async () => {
    expect(await enrolment.authenticate(undefined)).toEqual({ rejected: 'no-certificate' });
    const other = await openAuthority(join(folder, 'other'), clock);
    const keys = makeKeys();
    const { hostId } = await joinWith(await invite('box-1'));
    expect(await rejection((await other.issueAgentCertificate(hostId, keys.publicKey)).certificate)).toBe('unknown');
    expect(await rejection((await authority.issueServerCertificate(['localhost'])).certificate)).toBe('unknown');
    expect(await rejection((await authority.issueAgentCertificate('stranger', keys.publicKey)).certificate)).toBe(
      'unknown',
    );
    expect(await rejection((await authority.issueAgentCertificate(hostId, keys.publicKey)).certificate)).toBe(
      'superseded',
    );
  });
});
