import { sql } from 'kysely';
import { isoTime } from '../../platform/clock.ts';
import type { EventCursor, FleetEvent } from '../../protocol/entities/event.ts';
import { EventPlayer } from '../../protocol/entities/player.ts';
import { type Holder, reachOf } from '../people/identity.ts';
import { type Db, inTransaction, pieces } from './database.ts';
import { readJsonIfFits } from './json.ts';
import { recordPlayers } from './player-ledger.ts';

/** Something that happened on a host. Times are milliseconds since 1970. */
export interface EventRow {
  readonly at: number;
  readonly kind: string;
  readonly text: string;
  readonly serverId?: string | undefined;
  readonly actor?: string | undefined;
  readonly jobId?: string | undefined;
  readonly crashId?: string | undefined;
  readonly player?: EventPlayer | undefined;
}

/** Which events {@link listEvents} is after. */
export interface EventFilter {
  readonly serverId?: string | undefined;
  readonly hostId?: string | undefined;
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Only what players did: those with these names, or any. */
  readonly players?: readonly string[] | 'any' | undefined;
  /** Only events with a higher id: the oldest of them first. Absent: the newest there are. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** How far a host's own journal has been read; undefined before its first event. */
export async function readEventCursor(db: Db, hostId: string): Promise<EventCursor | undefined> {
  return db.selectFrom('eventCursors').select(['stream', 'seq']).where('hostId', '=', hostId).executeTakeFirst();
}

/**
 * Writes events of a host, what they say of players and, where they come from its journal, how far that has been read,
 * in one transaction: so that each counts once, whatever is cut off or comes again.
 */
export function insertEvents(
  db: Db,
  hostId: string,
  rows: readonly EventRow[],
  heardAt: number,
  cursor?: EventCursor,
): Promise<void> {
  return inTransaction(db, async (tx) => {
    for (const some of pieces(rows)) {
      const values = some.map(({ at, kind, text, serverId, actor, jobId, crashId, player }) => ({
        at,
        heardAt,
        hostId,
        kind,
        text,
        serverId: serverId ?? null,
        actor: actor ?? null,
        jobId: jobId ?? null,
        crashId: crashId ?? null,
        playerName: player?.name ?? null,
        player: player === undefined ? null : JSON.stringify(player),
      }));
      await tx.insertInto('events').values(values).execute();
    }
    await recordPlayers(tx, hostId, rows);
    if (!cursor) return;
    await tx
      .insertInto('eventCursors')
      .values({ hostId, ...cursor })
      .onConflict((conflict) => conflict.column('hostId').doUpdateSet({ ...cursor }))
      .execute();
  });
}

/** The highest id there is; 0 before the first event. */
export async function lastEventId(db: Db): Promise<number> {
  const { last } = await db
    .selectFrom('events')
    .select(({ fn }) => fn.max('id').as('last'))
    .executeTakeFirstOrThrow();
  return last ?? 0;
}

/** Events someone may see, oldest first: of servers they may read, and of hosts they may. */
export async function listEvents(db: Db, holder: Holder, filter: EventFilter): Promise<FleetEvent[]> {
  const { serverId, hostId, since, players, after, limit } = filter;
  const servers = reachOf(holder, 'server:read');
  const hosts = reachOf(holder, 'host:read');
  const rows = await db
    .selectFrom('events')
    .innerJoin('hosts', 'hosts.id', 'events.hostId')
    .leftJoin('servers', 'servers.id', 'events.serverId')
    .selectAll('events')
    .select(['hosts.name as host', 'servers.name as server'])
    .where((where) =>
      where.or([
        where.and([
          where('events.serverId', 'is not', null),
          servers.everywhere
            ? sql.lit(true)
            : where.or([
                where('events.hostId', 'in', [...servers.hostIds]),
                where('events.serverId', 'in', [...servers.serverIds]),
              ]),
        ]),
        where.and([
          where('events.serverId', 'is', null),
          hosts.everywhere ? sql.lit(true) : where('events.hostId', 'in', [...hosts.hostIds]),
        ]),
      ]),
    )
    .$if(serverId !== undefined, (query) => query.where('events.serverId', '=', serverId ?? ''))
    .$if(hostId !== undefined, (query) => query.where('events.hostId', '=', hostId ?? ''))
    .$if(since !== undefined, (query) => query.where('events.at', '>=', since ?? 0))
    .$if(players === 'any', (query) => query.where('events.playerName', 'is not', null))
    .$if(Array.isArray(players), (query) => query.where('events.playerName', 'in', [...(players ?? [])]))
    .$if(after !== undefined, (query) => query.where('events.id', '>', after ?? 0))
    .orderBy('events.id', after === undefined ? 'desc' : 'asc')
    .limit(limit)
    .execute();
  const oldestFirst = after === undefined ? rows.reverse() : rows;
  return oldestFirst.map((row) => ({
    id: row.id,
    at: isoTime(row.at),
    kind: row.kind,
    text: row.text,
    hostId: row.hostId,
    host: row.host,
    ...(row.serverId === null ? {} : { serverId: row.serverId }),
    ...(row.server === null ? {} : { server: row.server }),
    ...(row.actor === null ? {} : { actor: row.actor }),
    ...(row.jobId === null ? {} : { jobId: row.jobId }),
    ...(row.crashId === null ? {} : { crashId: row.crashId }),
    ...playerOf(row.player),
  }));
}

function playerOf(text: string | null): { readonly player?: EventPlayer } {
  const player = readJsonIfFits(EventPlayer, text);
  return player === undefined ? {} : { player };
}

/** Forgets events heard before a time, and the oldest beyond the most that are kept. */
export async function dropOldEvents(db: Db, before: number, most: number): Promise<void> {
  await db.deleteFrom('events').where('heardAt', '<', before).execute();
  await db
    .deleteFrom('events')
    .where('id', '<=', (query) => query.selectFrom('events').select('id').orderBy('id', 'desc').limit(1).offset(most))
    .execute();
}
