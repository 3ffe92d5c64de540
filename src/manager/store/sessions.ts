import type { Db } from './database.ts';

/** A session as it is kept: of its token, only the hash. Times are milliseconds since 1970. */
export interface SessionRecord {
  readonly id: string;
  readonly hash: string;
  readonly personId: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usedAt: number;
}

/** Keeps a new session. */
export async function insertSession(db: Db, session: SessionRecord): Promise<void> {
  await db.insertInto('sessions').values(session).execute();
}

/** Finds a session that has not expired by the hash of its token. */
export async function findSession(db: Db, hash: string, now: number): Promise<SessionRecord | undefined> {
  return db.selectFrom('sessions').selectAll().where('hash', '=', hash).where('expiresAt', '>', now).executeTakeFirst();
}

/** The sessions of a person, the one used last first. */
export async function sessionsOf(db: Db, personId: string): Promise<readonly SessionRecord[]> {
  return db.selectFrom('sessions').selectAll().where('personId', '=', personId).orderBy('usedAt', 'desc').execute();
}

/** Keeps when a session was used last. */
export async function touchSession(db: Db, id: string, at: number): Promise<void> {
  await db.updateTable('sessions').set({ usedAt: at }).where('id', '=', id).execute();
}

/** Ends a session. */
export async function deleteSession(db: Db, id: string): Promise<void> {
  await db.deleteFrom('sessions').where('id', '=', id).execute();
}

/** Forgets the sessions that have expired. */
export async function dropExpiredSessions(db: Db, now: number): Promise<void> {
  await db.deleteFrom('sessions').where('expiresAt', '<=', now).execute();
}
