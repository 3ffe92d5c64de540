import type { Db } from './database.ts';

/** A one-time code as it is kept. `personId` is undefined for the owner's, whose person is made when it is used. */
export interface SignInCode {
  readonly hash: string;
  readonly personId: string | undefined;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Keeps the only code of a person, or of the owner: earlier ones end. */
export async function replaceSignInCode(db: Db, { hash, personId, expiresAt }: SignInCode): Promise<void> {
  await endSignInCodes(db, personId);
  await db
    .insertInto('signInCodes')
    .values({ hash, personId: personId ?? null, expiresAt })
    .execute();
}

/** Ends the codes of a person, or, without one, of the owner. */
export async function endSignInCodes(db: Db, personId: string | undefined): Promise<void> {
  await db
    .deleteFrom('signInCodes')
    .$if(personId === undefined, (query) => query.where('personId', 'is', null))
    .$if(personId !== undefined, (query) => query.where('personId', '=', personId ?? ''))
    .execute();
}

/** Uses a code up. Undefined for one that is unknown, used or expired. */
export async function useSignInCode(db: Db, hash: string, now: number): Promise<SignInCode | undefined> {
  const row = await db
    .deleteFrom('signInCodes')
    .where('hash', '=', hash)
    .where('expiresAt', '>', now)
    .returningAll()
    .executeTakeFirst();
  return row && { ...row, personId: row.personId ?? undefined };
}

/** Forgets the codes that have expired. */
export async function dropExpiredSignInCodes(db: Db, now: number): Promise<void> {
  await db.deleteFrom('signInCodes').where('expiresAt', '<=', now).execute();
}
