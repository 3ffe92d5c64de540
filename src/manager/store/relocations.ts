import type { Selectable } from 'kysely';
import type { RelocationPhase } from '../../protocol/entities/relocation.ts';
import { type Db, inTransaction } from './database.ts';
import type { Schema } from './schema.ts';

/** A server on its way from one host to another. */
export type RelocationRecord = Readonly<Selectable<Schema['relocations']>>;

/** The relocation of a server that is under way, or not cleared away yet. */
export function findRelocation(db: Db, serverId: string): Promise<RelocationRecord | undefined> {
  return db.selectFrom('relocations').selectAll().where('serverId', '=', serverId).executeTakeFirst();
}

/** Every relocation there is. */
export function listRelocations(db: Db): Promise<readonly RelocationRecord[]> {
  return db.selectFrom('relocations').selectAll().execute();
}

/**
 * Gives a server back to a host it has left, whatever became of the move: from now on that host is in force. The
 * relocation in `expected`, or none, must be the server's still. Undefined where something has changed meanwhile.
 */
export function takeBackRelocation(
  db: Db,
  taken: Omit<RelocationRecord, 'phase'>,
  expected: RelocationRecord | undefined,
): Promise<RelocationRecord | undefined> {
  return inTransaction(db, async (tx) => {
    const now = await findRelocation(tx, taken.serverId);
    if (now?.jobId !== expected?.jobId || now?.phase !== expected?.phase) return undefined;
    const { numUpdatedRows } = await tx
      .updateTable('servers')
      .set((set) => ({ hostId: taken.fromHost, revision: set('revision', '+', 1) }))
      .where('id', '=', taken.serverId)
      .where('hostId', '=', taken.toHost)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return undefined;
    await tx.deleteFrom('relocations').where('serverId', '=', taken.serverId).execute();
    await tx.deleteFrom('observed').where('serverId', '=', taken.serverId).execute();
    const relocation: RelocationRecord = { ...taken, phase: 'back' };
    await tx.insertInto('relocations').values(relocation).execute();
    return relocation;
  });
}

/** Begins one. A server has one at most. */
export async function insertRelocation(db: Db, relocation: RelocationRecord): Promise<void> {
  await db.insertInto('relocations').values(relocation).execute();
}

/** Clears one away, if it is in that phase. */
export async function dropRelocation(
  db: Db,
  { serverId, jobId }: Pick<RelocationRecord, 'serverId' | 'jobId'>,
  phase: RelocationPhase,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('relocations')
    .where('serverId', '=', serverId)
    .where('jobId', '=', jobId)
    .where('phase', '=', phase)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/**
 * Takes a relocation to another phase, with the server to the host that is in force then, as its next revision where that
 * changes. Undefined where it is in none of the phases it may come from.
 */
export function advanceRelocation(
  db: Db,
  { serverId, jobId }: Pick<RelocationRecord, 'serverId' | 'jobId'>,
  from: readonly RelocationPhase[],
  phase: RelocationPhase,
): Promise<RelocationRecord | undefined> {
  return inTransaction(db, async (tx) => {
    const now = await findRelocation(tx, serverId);
    if (now?.jobId !== jobId || !from.includes(now.phase)) return undefined;
    await tx.updateTable('relocations').set({ phase }).where('serverId', '=', serverId).execute();
    const hostId = phase === 'switched' || phase === 'settled' ? now.toHost : now.fromHost;
    const { numUpdatedRows } = await tx
      .updateTable('servers')
      .set((set) => ({ hostId, revision: set('revision', '+', 1) }))
      .where('id', '=', serverId)
      .where('hostId', '!=', hostId)
      .executeTakeFirst();
    // What the other host said of it is of no use any more.
    if (numUpdatedRows > 0n) await tx.deleteFrom('observed').where('serverId', '=', serverId).execute();
    return { ...now, phase };
  });
}
