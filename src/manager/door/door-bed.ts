import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../platform/clock.ts';
import { createFakeClock, type FakeClock } from '../../platform/fake-clock.ts';
import { silentLog } from '../../platform/log.ts';
import { type DialOutcome, dial } from '../../platform/network/dial.ts';
import { makeCode, makeSessionToken } from '../../protocol/codes.ts';
import { newId } from '../../protocol/id.ts';
import { hostInvite, hostJoin } from '../../protocol/operations/host.ts';
import type { Grant, Permission } from '../../protocol/permissions.ts';
import type { CloseReason, Wire } from '../../protocol/wire.ts';
import { type AgentIdentity, createEnrolment, type Enrolment } from '../hosts/enrolment.ts';
import { openStore, type Store } from '../store/database.ts';
import { insertPerson, replaceGrants } from '../store/people.ts';
import { insertSession } from '../store/sessions.ts';
import { insertToken } from '../store/tokens.ts';
import { type Authority, openAuthority } from '../trust/authority.ts';
import { hashSecret } from '../trust/hash.ts';
import { keepServerCertificate } from '../trust/server-certificate.ts';
import { createDoor, type Door } from './door.ts';
import type { Asker, DoorOptions } from './door-options.ts';
import { createIdentify } from './identify.ts';
import { createLive, type Live } from './live.ts';

/** What a joined host has. */
export interface JoinedHost {
  readonly hostId: string;
  readonly certificate: string;
  readonly key: string;
}

/** Someone with a session. */
export interface SignedIn {
  readonly personId: string;
  readonly sessionId: string;
  readonly token: string;
}

/** As what to come to the door. */
export interface ComeAs {
  readonly token?: string | undefined;
  readonly identity?: { readonly certificate: string; readonly key: string } | undefined;
}

/** An HTTP answer, whole. */
export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A door on loopback with the real store, authority, enrolment and sessions behind it, for tests. */
export interface DoorBed {
  readonly folder: string;
  readonly store: Store;
  /** Moves sessions, certificates and their expiry; connections themselves live in real time. */
  readonly clock: FakeClock;
  readonly authority: Authority;
  readonly enrolment: Enrolment;
  readonly live: Live;
  readonly door: Door;
  readonly port: number;
  /** Who was let in, oldest first. */
  readonly clients: { readonly wire: Wire; readonly asker: Asker; readonly closed: Promise<CloseReason> }[];
  readonly agents: { readonly wire: Wire; readonly agent: AgentIdentity; readonly from: string }[];
  signIn(options?: { readonly expiresInMs?: number; readonly grants?: readonly Grant[] }): Promise<SignedIn>;
  makeToken(personId: string, permissions: readonly Permission[], expiresInMs?: number): Promise<string>;
  join(name: string): Promise<JoinedHost>;
  dial(path: '/agent' | '/client', as: ComeAs): Promise<DialOutcome>;
  ask(options: RequestOptions, body?: string | Buffer): Promise<Answered>;
  post(subject: string, data: unknown, as?: ComeAs): Promise<Answered>;
  close(): Promise<void>;
}

/** Opens a door on a free port. `options` replaces parts of it. */
export async function openDoorBed(options: Partial<DoorOptions> = {}): Promise<DoorBed> {
  const folder = await mkdtemp(join(tmpdir(), 'zedops-door-'));
  const clock = createFakeClock(Date.now());
  const store = await openStore(folder, clock);
  const authority = await openAuthority(folder, clock);
  const live = createLive(clock);
  const enrolment = createEnrolment({ db: store.db, authority, clock, live });
  const certificate = await keepServerCertificate({
    authority,
    names: () => ['localhost', '127.0.0.1', 'manager.zedops.internal'],
    clock,
    log: silentLog,
  });
  const clients: DoorBed['clients'] = [];
  const agents: DoorBed['agents'] = [];
  const door = createDoor({
    call: async (subject, data) => ({ subject, data }),
    onClient(wire, asker) {
      const { promise: closed, resolve } = Promise.withResolvers<CloseReason>();
      wire.listen({ frame: (text) => wire.send(text), drained: () => undefined, closed: resolve });
      clients.push({ wire, asker, closed });
    },
    onAgent(wire, agent, from) {
      wire.listen({ frame: (text) => wire.send(text), drained: () => undefined, closed: () => undefined });
      agents.push({ wire, agent, from });
    },
    health: () => ({ status: 'ok' }),
    authority,
    certificate,
    identify: createIdentify({ db: store.db, clock }),
    enrolment,
    live,
    clock: systemClock,
    log: silentLog,
    ...options,
  });
  const [bound = ''] = await door.listenTls({ host: '127.0.0.1', port: 0 });
  const port = Number(bound.split(':')[1]);
  const address = { host: '127.0.0.1', port };

  const ask = (asked: RequestOptions, body?: string | Buffer): Promise<Answered> =>
    new Promise((resolve, reject) => {
      const sent = request(
        { ...address, servername: 'manager.zedops.internal', ca: authority.certificate, agent: false, ...asked },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8');
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });

  return {
    folder,
    store,
    clock,
    authority,
    enrolment,
    live,
    door,
    port,
    clients,
    agents,
    ask,
    async signIn({ expiresInMs = 3_600_000, grants = [] } = {}) {
      const now = clock.now();
      const personId = newId(now);
      const email = `${personId}@example.org`;
      await insertPerson(store.db, { id: personId, email, passwordHash: 'x', createdAt: now, signedInAt: now });
      await replaceGrants(store.db, personId, grants);
      const session = { id: newId(now), personId, createdAt: now, usedAt: now, expiresAt: now + expiresInMs };
      const token = makeSessionToken();
      await insertSession(store.db, { ...session, hash: hashSecret(token) });
      return { personId, sessionId: session.id, token };
    },
    async makeToken(personId, permissions, expiresInMs = 3_600_000) {
      const now = clock.now();
      const secret = makeCode('token', authority.fingerprint);
      const token = { id: newId(now), hash: hashSecret(secret), personId, name: newId(now), permissions };
      await insertToken(store.db, { ...token, createdAt: now, expiresAt: now + expiresInMs });
      return secret;
    },
    async join(name) {
      const { code } = hostInvite.reply.parse(await enrolment.invite(name));
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const proof = sign('sha256', Buffer.from(code), privateKey).toString('base64');
      const spki = publicKey.export({ format: 'pem', type: 'spki' }).toString();
      const joined = hostJoin.reply.parse(await enrolment.join({ code, publicKey: spki, proof }, '192.0.2.1'));
      const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
      return { hostId: joined.hostId, certificate: joined.certificate, key };
    },
    dial: (path, as) => dial({ path, route: { address, authority: authority.certificate, ...as }, clock: systemClock }),
    post(subject, data, { token, identity } = {}) {
      const headers = {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      };
      const certificates = identity ? { cert: identity.certificate, key: identity.key } : {};
      return ask({ method: 'POST', path: `/v1/${subject}`, headers, ...certificates }, JSON.stringify(data));
    },
    async close() {
      await door.close(0);
      certificate.stop();
      live.stop();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The wire of a dial that was let in. */
export function wireOf(outcome: DialOutcome): Wire {
  if ('wire' in outcome) return outcome.wire;
  throw outcome.rejected;
}

/** Waits for the end of a wire, and says what came over it. */
export function closed(wire: Wire): Promise<CloseReason & { readonly frames: readonly string[] }> {
  const frames: string[] = [];
  return new Promise((resolve) => {
    wire.listen({
      frame: (text) => frames.push(text),
      drained: () => undefined,
      closed: (reason) => resolve({ ...reason, frames }),
    });
  });
}

/** How a dial ended: `let in`, or `rejected` and the code. */
export async function outcomeOf(dialled: Promise<DialOutcome>): Promise<string> {
  const outcome = await dialled;
  return 'rejected' in outcome ? `rejected: ${outcome.rejected.code}` : 'let in';
}
