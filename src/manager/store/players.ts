import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { isSteamId } from '../../zomboid/players/player-deed.ts';
import { type Holder, reachOf } from '../people/identity.ts';
import type { Db } from './database.ts';
import { foldName, type SessionEnding } from './player-ledger.ts';

/** What is kept of a player on one server. Times are milliseconds since 1970. */
export interface PlayerRecord {
  readonly serverId: string;
  readonly server: string;
  readonly hostId: string;
  readonly host: string;
  readonly name: string;
  readonly steamId: string | undefined;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly sessions: number;
  /** Milliseconds of all sessions that are kept; of one whose end is not known, up to the last sign of the player. */
  readonly playedMs: number;
  readonly deaths: number;
  /** The session that nobody has ended yet. */
  readonly open: { readonly joinedAt: number; readonly seenAt: number } | undefined;
}

/** One stay of a player on a server, as the host told it. */
export interface SessionRecord {
  readonly id: number;
  readonly serverId: string;
  readonly server: string;
  readonly hostId: string;
  readonly host: string;
  readonly name: string;
  readonly steamId: string | undefined;
  readonly joinedAt: number;
  readonly seenAt: number;
  /** Undefined while its end is not known. */
  readonly leftAt: number | undefined;
  readonly ending: SessionEnding | undefined;
  readonly deaths: number;
}

/** Which players {@link listPlayers} is after. */
export interface PlayerFilter {
  readonly serverIds?: readonly string[] | undefined;
  /** A Steam id, or a name in any case. */
  readonly player?: string | undefined;
  /** These names exactly. */
  readonly names?: readonly string[] | undefined;
  /** Of these Steam accounts, by any name. */
  readonly steamIds?: readonly string[] | undefined;
  readonly limit: number;
}

/** Which sessions {@link listSessions} is after. */
export interface SessionFilter {
  readonly serverIds?: readonly string[] | undefined;
  readonly names?: readonly string[] | undefined;
  /** Sessions that had not ended before, in milliseconds since 1970. */
  readonly since?: number | undefined;
  readonly limit: number;
}

/** Players of the servers someone may read, those seen last first. */
export async function listPlayers(db: Db, holder: Holder, filter: PlayerFilter): Promise<readonly PlayerRecord[]> {
  const { serverIds, player, names, steamIds, limit } = filter;
  const rows = await db
    .selectFrom('players')
    .innerJoin('servers', 'servers.id', 'players.serverId')
    .innerJoin('hosts', 'hosts.id', 'servers.hostId')
    .leftJoin('playerSessions as sessions', (join) =>
      join.onRef('sessions.serverId', '=', 'players.serverId').onRef('sessions.name', '=', 'players.name'),
    )
    .select(({ fn }) => [
      'players.serverId',
      'players.name',
      'players.steamId',
      'players.firstSeenAt',
      'players.lastSeenAt',
      'servers.name as server',
      'hosts.id as hostId',
      'hosts.name as host',
      fn.count<number>('sessions.id').as('sessions'),
      sql<number | null>`sum(${sql.ref('sessions.seenAt')} - ${sql.ref('sessions.joinedAt')})`.as('playedMs'),
      fn.sum<number | null>('sessions.deaths').as('deaths'),
      sql<number | null>`max(iif(${sql.ref('sessions.leftAt')} is null, ${sql.ref('sessions.joinedAt')}, null))`.as(
        'openedAt',
      ),
      sql<number | null>`max(iif(${sql.ref('sessions.leftAt')} is null, ${sql.ref('sessions.seenAt')}, null))`.as(
        'openSeenAt',
      ),
    ])
    .where(isWithinReach(holder))
    .$if(serverIds !== undefined, (query) => query.where('players.serverId', 'in', [...(serverIds ?? [])]))
    .$if(names !== undefined, (query) => query.where('players.name', 'in', [...(names ?? [])]))
    .$if(steamIds !== undefined, (query) => query.where('players.steamId', 'in', [...(steamIds ?? [])]))
    .$if(player !== undefined, (query) =>
      query.where(
        isSteamId(player ?? '') ? 'players.steamId' : 'players.foldedName',
        '=',
        isSteamId(player ?? '') ? (player ?? '') : foldName(player ?? ''),
      ),
    )
    .groupBy(['players.serverId', 'players.name'])
    .orderBy('players.lastSeenAt', 'desc')
    .orderBy('players.name')
    .limit(limit)
    .execute();
  return rows.map(({ openedAt, openSeenAt, steamId, playedMs, deaths, ...row }) => ({
    ...row,
    steamId: steamId ?? undefined,
    playedMs: playedMs ?? 0,
    deaths: deaths ?? 0,
    open: openedAt === null || openSeenAt === null ? undefined : { joinedAt: openedAt, seenAt: openSeenAt },
  }));
}

/** Stays of players on the servers someone may read, the newest first. */
export async function listSessions(db: Db, holder: Holder, filter: SessionFilter): Promise<readonly SessionRecord[]> {
  const { serverIds, names, since, limit } = filter;
  const rows = await db
    .selectFrom('playerSessions as sessions')
    .innerJoin('servers', 'servers.id', 'sessions.serverId')
    .innerJoin('hosts', 'hosts.id', 'servers.hostId')
    .selectAll('sessions')
    .select(['servers.name as server', 'hosts.id as hostId', 'hosts.name as host'])
    .where(isWithinReach(holder))
    .$if(serverIds !== undefined, (query) => query.where('sessions.serverId', 'in', [...(serverIds ?? [])]))
    .$if(names !== undefined, (query) => query.where('sessions.name', 'in', [...(names ?? [])]))
    .$if(since !== undefined, (query) =>
      query.where((where) =>
        where.or([where('sessions.leftAt', 'is', null), where('sessions.leftAt', '>=', since ?? 0)]),
      ),
    )
    .orderBy('sessions.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(({ steamId, leftAt, ending, ...row }) => ({
    ...row,
    steamId: steamId ?? undefined,
    leftAt: leftAt ?? undefined,
    ending: ending ?? undefined,
  }));
}

/** Whoever reads sees players of servers they may read, and no others. */
function isWithinReach(holder: Holder): RawBuilder<SqlBool> {
  const { everywhere, hostIds, serverIds } = reachOf(holder, 'server:read');
  if (everywhere) return sql<SqlBool>`1`;
  return sql<SqlBool>`(${sql.ref('servers.hostId')} in (${sql.join([...hostIds])})
    or ${sql.ref('servers.id')} in (${sql.join([...serverIds])}))`;
}
