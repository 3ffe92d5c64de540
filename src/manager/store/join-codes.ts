import type { Db } from './database.ts';

/** Keeps the only join code of a host: earlier ones end. */
export async function replaceJoinCode(
  db: Db,
  code: { readonly hash: string; readonly hostId: string; readonly expiresAt: number },
): Promise<void> {
  await endJoinCodes(db, code.hostId);
  await db
    .insertInto('joinCodes')
    .values({ ...code, usedAt: null })
    .execute();
}

/** Ends whatever join code a host has. */
export async function endJoinCodes(db: Db, hostId: string): Promise<void> {
  await db.deleteFrom('joinCodes').where('hostId', '=', hostId).execute();
}

/** Uses a join code up, and names its host. Undefined for one that is unknown, used or expired. */
export async function useJoinCode(db: Db, hash: string, now: number): Promise<string | undefined> {
  const row = await db
    .updateTable('joinCodes')
    .set({ usedAt: now })
    .where('hash', '=', hash)
    .where('usedAt', 'is', null)
    .where('expiresAt', '>', now)
    .returning('hostId')
    .executeTakeFirst();
  return row?.hostId;
}
