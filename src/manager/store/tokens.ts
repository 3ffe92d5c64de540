import type { Selectable } from 'kysely';
import * as z from 'zod';
import { Permission } from '../../protocol/permissions.ts';
import type { Db } from './database.ts';
import { readJson } from './json.ts';
import type { Schema } from './schema.ts';

/** An API token as it is kept: of its secret, only the hash. Times are milliseconds since 1970. */
export interface TokenRecord {
  readonly id: string;
  readonly hash: string;
  readonly personId: string;
  readonly name: string;
  readonly permissions: readonly Permission[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usedAt: number | undefined;
}

/** Keeps a new token. */
export async function insertToken(db: Db, token: Omit<TokenRecord, 'usedAt'>): Promise<void> {
  await db
    .insertInto('tokens')
    .values({ ...token, permissions: JSON.stringify(token.permissions), usedAt: null })
    .execute();
}

/** Finds a token that has not expired by the hash of its secret. */
export async function findToken(db: Db, hash: string, now: number): Promise<TokenRecord | undefined> {
  const row = await db
    .selectFrom('tokens')
    .selectAll()
    .where('hash', '=', hash)
    .where('expiresAt', '>', now)
    .executeTakeFirst();
  return row && toToken(row);
}

/** The tokens of a person that have not expired, by name. */
export async function tokensOf(db: Db, personId: string, now: number): Promise<readonly TokenRecord[]> {
  const rows = await db
    .selectFrom('tokens')
    .selectAll()
    .where('personId', '=', personId)
    .where('expiresAt', '>', now)
    .orderBy('name')
    .execute();
  return rows.map(toToken);
}

/** Keeps when a token was used last. */
export async function touchToken(db: Db, id: string, at: number): Promise<void> {
  await db.updateTable('tokens').set({ usedAt: at }).where('id', '=', id).execute();
}

/** Ends a token. */
export async function deleteToken(db: Db, id: string): Promise<void> {
  await db.deleteFrom('tokens').where('id', '=', id).execute();
}

/** Forgets the tokens that have expired, which frees their names. */
export async function dropExpiredTokens(db: Db, now: number): Promise<void> {
  await db.deleteFrom('tokens').where('expiresAt', '<=', now).execute();
}

function toToken(row: Selectable<Schema['tokens']>): TokenRecord {
  return { ...row, permissions: readJson(z.array(Permission), row.permissions), usedAt: row.usedAt ?? undefined };
}
