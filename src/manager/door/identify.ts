import type { Clock } from '../../platform/clock.ts';
import { isSessionToken } from '../../protocol/codes.ts';
import type { Identity } from '../people/identity.ts';
import type { Db } from '../store/database.ts';
import { findPerson, grantsOf } from '../store/people.ts';
import { findSession, touchSession } from '../store/sessions.ts';
import { findToken, touchToken } from '../store/tokens.ts';
import { hashSecret } from '../trust/hash.ts';

/** Says who sends an `Authorization` header; undefined for nobody, whatever the reason. */
export type Identify = (authorization: string | undefined) => Promise<Identity | undefined>;

/** A use is written down at most this often, because each write waits for the disk. */
const touchEveryMs = 60_000;

/** Makes the function that knows people by `Bearer zs_…` (sessions) and `Bearer zt_…` (API tokens). */
export function createIdentify({ db, clock }: { readonly db: Db; readonly clock: Clock }): Identify {
  const bySession = async (hash: string): Promise<Identity | undefined> => {
    const now = clock.now();
    const session = await findSession(db, hash, now);
    const person = session && (await findPerson(db, session.personId));
    if (!person) return undefined;
    if (now - session.usedAt > touchEveryMs) await touchSession(db, session.id, now);
    return {
      actor: { kind: 'person', id: person.id, name: person.email },
      grants: await grantsOf(db, person.id),
      personId: person.id,
      sessionId: session.id,
      expiresAt: session.expiresAt,
    };
  };
  const byToken = async (hash: string): Promise<Identity | undefined> => {
    const now = clock.now();
    const token = await findToken(db, hash, now);
    const person = token && (await findPerson(db, token.personId));
    if (!person) return undefined;
    if (token.usedAt === undefined || now - token.usedAt > touchEveryMs) await touchToken(db, token.id, now);
    return {
      actor: { kind: 'token', id: person.id, name: person.email },
      grants: await grantsOf(db, person.id),
      limitedTo: token.permissions,
      personId: person.id,
      tokenId: token.id,
      expiresAt: token.expiresAt,
    };
  };
  return async (authorization) => {
    const secret = /^Bearer +([A-Za-z0-9._-]{1,256}) *$/i.exec(authorization ?? '')?.[1];
    if (secret === undefined) return undefined;
    return isSessionToken(secret) ? bySession(hashSecret(secret)) : byToken(hashSecret(secret));
  };
}
