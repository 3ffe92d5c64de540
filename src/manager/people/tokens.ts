import type * as z from 'zod';
import { type Clock, isoTime } from '../../platform/clock.ts';
import { makeCode } from '../../protocol/codes.ts';
import type { ApiToken } from '../../protocol/entities/person.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import type { tokenCreate, tokenList, tokenRevoke } from '../../protocol/operations/person.ts';
import type { Live } from '../door/live.ts';
import { type Db, inTransaction } from '../store/database.ts';
import { deleteToken, dropExpiredTokens, insertToken, type TokenRecord, tokensOf } from '../store/tokens.ts';
import { hashSecret } from '../trust/hash.ts';
import { type Identity, mayDoSomewhere } from './identity.ts';

/** One's own tokens for scripts. */
export interface Tokens {
  /** @throws ZedopsError FORBIDDEN for who is not signed in, or for more than they hold; CONFLICT for a name in use. */
  create(identity: Identity, request: z.output<typeof tokenCreate.request>): Promise<z.input<typeof tokenCreate.reply>>;
  list(identity: Identity): Promise<z.input<typeof tokenList.reply>>;
  /** Ends a token and its live connections. A token can end itself and no other. @throws ZedopsError NOT_FOUND */
  revoke(identity: Identity, request: z.output<typeof tokenRevoke.request>): Promise<z.input<typeof tokenRevoke.reply>>;
}

/** What {@link createTokens} is made of. */
export interface TokensDeps {
  readonly db: Db;
  readonly clock: Clock;
  /** The authority's, as `SHA256:<base64url>`. */
  readonly fingerprint: string;
  readonly live: Pick<Live, 'cut'>;
}

const mostTokens = 100;

/** Makes the tokens of people. */
export function createTokens({ db, clock, fingerprint, live }: TokensDeps): Tokens {
  return {
    create: (identity, { name, permissions, lifetimeSeconds }) =>
      inTransaction(db, async (tx) => {
        const { personId, sessionId } = identity;
        if (personId === undefined || sessionId === undefined) throw onlySignedIn();
        const missing = permissions.filter((permission) => !mayDoSomewhere(identity, permission));
        if (missing.length > 0) {
          throw new ZedopsError('FORBIDDEN', `A token can do no more than you, and you lack ${missing.join(', ')}`);
        }
        const now = clock.now();
        await dropExpiredTokens(tx, now);
        const others = await tokensOf(tx, personId, now);
        if (others.some((token) => token.name === name)) throw nameTaken(name);
        if (others.length >= mostTokens) throw tooMany();
        const secret = makeCode('token', fingerprint);
        const token = {
          id: newId(now),
          hash: hashSecret(secret),
          personId,
          name,
          permissions: [...new Set(permissions)],
          createdAt: now,
          expiresAt: now + lifetimeSeconds * 1000,
          usedAt: undefined,
        };
        await insertToken(tx, token);
        return { token: toToken(token, identity.actor.name), secret };
      }),

    async list({ personId, actor }) {
      const tokens = personId === undefined ? [] : await tokensOf(db, personId, clock.now());
      return { tokens: tokens.map((token) => toToken(token, actor.name)) };
    },

    async revoke({ personId, tokenId, actor }, { token: ref }) {
      const tokens = personId === undefined ? [] : await tokensOf(db, personId, clock.now());
      const token = tokens.find(({ id }) => id === ref) ?? tokens.find(({ name }) => name === ref);
      if (!token) throw new ZedopsError('NOT_FOUND', `You have no token ${ref}`, { hint: 'zedops token list' });
      if (tokenId !== undefined && tokenId !== token.id) {
        throw new ZedopsError('FORBIDDEN', 'A token can revoke itself and no other', { hint: 'zedops login' });
      }
      await deleteToken(db, token.id);
      live.cut(`token:${token.id}`, 'this token was revoked');
      return { token: toToken(token, actor.name) };
    },
  };
}

function toToken({ id, name, permissions, createdAt, expiresAt, usedAt }: TokenRecord, person: string): ApiToken {
  return {
    id,
    name,
    person,
    permissions: [...permissions],
    createdAt: isoTime(createdAt),
    expiresAt: isoTime(expiresAt),
    ...(usedAt === undefined ? {} : { usedAt: isoTime(usedAt) }),
  };
}

function onlySignedIn(): ZedopsError {
  return new ZedopsError('FORBIDDEN', 'Only someone who is signed in can make a token: it acts for them', {
    hint: 'zedops login',
  });
}

function nameTaken(name: string): ZedopsError {
  return new ZedopsError('CONFLICT', `You have a token ${name} already`, { hint: `zedops token revoke ${name}` });
}

function tooMany(): ZedopsError {
  return new ZedopsError('CONFLICT', `You have ${mostTokens} tokens, which is as many as there may be`, {
    hint: 'zedops token list',
  });
}
