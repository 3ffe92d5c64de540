import type { Selectable } from 'kysely';
import type { Db } from './database.ts';
import type { Schema } from './schema.ts';

/** A new server of which nobody knows yet whether its host has taken it, and the request that made it. */
export type UnsettledRecord = Readonly<Selectable<Schema['unsettled']>>;

/** Notes it, in the transaction that puts the server on the list. */
export async function insertUnsettled(tx: Db, record: UnsettledRecord): Promise<void> {
  await tx.insertInto('unsettled').values(record).execute();
}

/** Every one there is. */
export function listUnsettled(db: Db): Promise<readonly UnsettledRecord[]> {
  return db.selectFrom('unsettled').selectAll().execute();
}

/** Forgets it: what became of the request is known. */
export async function dropUnsettled(db: Db, requestId: string): Promise<void> {
  await db.deleteFrom('unsettled').where('requestId', '=', requestId).execute();
}
