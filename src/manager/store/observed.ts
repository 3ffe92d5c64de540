import { ObservedServer } from '../../protocol/entities/server.ts';
import { type Db, inTransaction, pieces } from './database.ts';
import { readJsonIfFits } from './json.ts';

/** The last word of an agent on one of its servers, and when it was heard, in milliseconds since 1970. */
export interface MirroredServer {
  readonly observed: ObservedServer;
  readonly at: number;
}

/** Mirrors what an agent says of its servers. Servers that are not on this host's list are left out. */
export async function saveObserved(
  db: Db,
  hostId: string,
  servers: readonly ObservedServer[],
  at: number,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    for (const some of pieces(servers)) {
      const known = await tx
        .selectFrom('servers')
        .select('id')
        .where('hostId', '=', hostId)
        .where('purgedAt', 'is', null)
        .where(
          'id',
          'in',
          some.map(({ id }) => id),
        )
        .execute();
      const ids = new Set(known.map(({ id }) => id));
      const rows = some
        .filter(({ id }) => ids.has(id))
        .map((observed) => ({ serverId: observed.id, state: JSON.stringify(observed), at }));
      if (rows.length === 0) continue;
      await tx
        .insertInto('observed')
        .values(rows)
        .onConflict((conflict) =>
          conflict
            .column('serverId')
            .doUpdateSet(({ ref }) => ({ state: ref('excluded.state'), at: ref('excluded.at') })),
        )
        .execute();
    }
  });
}

/** The last words on these servers, by id. A word that this version cannot read counts as none. */
export async function readObserved(db: Db, serverIds: readonly string[]): Promise<ReadonlyMap<string, MirroredServer>> {
  const mirrored = new Map<string, MirroredServer>();
  for (const some of pieces(serverIds)) {
    const rows = await db.selectFrom('observed').selectAll().where('serverId', 'in', some).execute();
    for (const { serverId, state, at } of rows) {
      const observed = readJsonIfFits(ObservedServer, state);
      if (observed) mirrored.set(serverId, { observed, at });
    }
  }
  return mirrored;
}
