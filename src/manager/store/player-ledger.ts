import type { EventPlayer } from '../../protocol/entities/player.ts';
import type { Db } from './database.ts';

/** What of an event the ledger of players reads. Times are milliseconds since 1970. */
export interface LedgerEvent {
  readonly at: number;
  readonly kind: string;
  readonly serverId?: string | undefined;
  readonly player?: EventPlayer | undefined;
}

/** How a session ended. `unknown`: nobody said so, and what is counted of it ends with the last sign of the player. */
export type SessionEnding = 'left' | 'kicked' | 'banned' | 'stopped' | 'crashed' | 'unknown';

/** A name as it is compared without regard to case. */
export function foldName(name: string): string {
  return name.toLowerCase();
}

/**
 * Writes down what events say of players, in their order: who was seen, and when they came and went. It must run in the
 * transaction that notes how far the host's journal was read, because it counts what it is given.
 */
export async function recordPlayers(tx: Db, hostId: string, events: readonly LedgerEvent[]): Promise<void> {
  for (const { at, kind, serverId, player } of events) {
    if (serverId === undefined) {
      if (kind === 'events-lost') await endUnknownOnHost(tx, hostId);
    } else if (player !== undefined) await recordPlayer(tx, { at, kind, serverId, player });
    else if (kind === 'stopped' || kind === 'crashed') await endAll(tx, serverId, at, kind);
    else if (kind === 'started') await endAll(tx, serverId, at, 'unknown');
  }
}

interface PlayerEvent {
  readonly at: number;
  readonly kind: string;
  readonly serverId: string;
  readonly player: EventPlayer;
}

async function recordPlayer(tx: Db, { at, kind, serverId, player }: PlayerEvent): Promise<void> {
  const { name, steamId } = player;
  // Someone who is turned away was not there.
  if (kind === 'player-refused') return;
  const removal = removals[kind];
  if (removal) {
    await noteRemoval(tx, { at, serverId, name }, removal);
    return;
  }
  await see(tx, serverId, name, steamId, at);
  const open = await tx
    .selectFrom('playerSessions')
    .select(['id', 'joinedAt', 'seenAt', 'ending'])
    .where('serverId', '=', serverId)
    .where('name', '=', name)
    .where('leftAt', 'is', null)
    .executeTakeFirst();
  if (kind === 'player-joined') {
    // Someone who comes again has left meanwhile; when, nobody said.
    if (open) await end(tx, open.id, open.seenAt, 'unknown');
    await tx
      .insertInto('playerSessions')
      .values({
        ...{ serverId, name, steamId: steamId ?? null },
        ...{ joinedAt: at, seenAt: at, leftAt: null, ending: null },
      })
      .execute();
    return;
  }
  // What is said of someone who was never seen to come, or is gone already, begins no session: its begin is not known.
  if (!open) return;
  const seenAt = Math.max(open.seenAt, at);
  const removed = open.ending !== null && at - open.seenAt <= removalMs ? open.ending : 'left';
  if (kind === 'player-left') await end(tx, open.id, Math.max(open.joinedAt, at), removed);
  else {
    await tx
      .updateTable('playerSessions')
      .set((set) => ({ seenAt, deaths: set('deaths', '+', kind === 'player-died' ? 1 : 0) }))
      .where('id', '=', open.id)
      .execute();
  }
}

/** A leave within this time of a kick or a ban is its doing. */
const removalMs = 60_000;

const removals: Readonly<Record<string, 'kicked' | 'banned'>> = {
  'player-kicked': 'kicked',
  'player-banned': 'banned',
};

/**
 * Somebody made a player leave: the session ends when they have left, which the game says by itself, before or after. Who
 * is not there is banned without a session.
 */
async function noteRemoval(
  tx: Db,
  { at, serverId, name }: { readonly at: number; readonly serverId: string; readonly name: string },
  removal: 'kicked' | 'banned',
): Promise<void> {
  const last = await tx
    .selectFrom('playerSessions')
    .select(['id', 'seenAt', 'leftAt', 'ending'])
    .where('serverId', '=', serverId)
    .where('name', '=', name)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!last) return;
  const query = tx.updateTable('playerSessions').where('id', '=', last.id);
  if (last.leftAt === null) {
    await query.set({ seenAt: Math.max(last.seenAt, at), ending: removal }).execute();
  } else if (last.ending === 'left' && Math.abs(at - last.leftAt) <= removalMs) {
    await query.set({ ending: removal }).execute();
  }
}

async function see(tx: Db, serverId: string, name: string, steamId: string | undefined, at: number): Promise<void> {
  await tx
    .insertInto('players')
    .values({ serverId, name, foldedName: foldName(name), steamId: steamId ?? null, firstSeenAt: at, lastSeenAt: at })
    .onConflict((conflict) =>
      conflict.columns(['serverId', 'name']).doUpdateSet(({ fn, ref }) => ({
        steamId: fn.coalesce('excluded.steamId', 'players.steamId'),
        firstSeenAt: fn<number>('min', [ref('players.firstSeenAt'), ref('excluded.firstSeenAt')]),
        lastSeenAt: fn<number>('max', [ref('players.lastSeenAt'), ref('excluded.lastSeenAt')]),
      })),
    )
    .execute();
}

async function end(tx: Db, id: number, leftAt: number, ending: SessionEnding): Promise<void> {
  await tx.updateTable('playerSessions').set({ leftAt, seenAt: leftAt, ending }).where('id', '=', id).execute();
}

/** Ends all sessions of a run of the game. Who came after `at` is in a later one. */
async function endAll(tx: Db, serverId: string, at: number, ending: 'stopped' | 'crashed' | 'unknown'): Promise<void> {
  const open = await tx
    .selectFrom('playerSessions')
    .select(['id', 'name', 'seenAt'])
    .where('serverId', '=', serverId)
    .where('leftAt', 'is', null)
    .where('joinedAt', '<=', at)
    .execute();
  for (const { id, name, seenAt } of open) {
    const leftAt = ending === 'unknown' ? seenAt : Math.max(seenAt, at);
    await end(tx, id, leftAt, ending);
    if (ending !== 'unknown') await see(tx, serverId, name, undefined, leftAt);
  }
}

/** After a gap nobody can say who of a host's players stayed. */
async function endUnknownOnHost(tx: Db, hostId: string): Promise<void> {
  await tx
    .updateTable('playerSessions')
    .set((set) => ({ leftAt: set.ref('seenAt'), ending: 'unknown' as const }))
    .where('leftAt', 'is', null)
    .where('serverId', 'in', (query) =>
      query.selectFrom('servers').select('servers.id').where('servers.hostId', '=', hostId),
    )
    .execute();
}

/** Forgets players and their sessions of before a time, and the oldest beyond the most that are kept of each. */
export async function dropOldPlayers(db: Db, before: number, most: number): Promise<void> {
  await db.deleteFrom('playerSessions').where('seenAt', '<', before).execute();
  await db
    .deleteFrom('playerSessions')
    .where('id', '<=', (query) =>
      query.selectFrom('playerSessions').select('id').orderBy('id', 'desc').limit(1).offset(most),
    )
    .execute();
  await db.deleteFrom('players').where('lastSeenAt', '<', before).execute();
  const oldest = await db
    .selectFrom('players')
    .select('lastSeenAt')
    .orderBy('lastSeenAt', 'desc')
    .limit(1)
    .offset(most)
    .executeTakeFirst();
  if (oldest) await db.deleteFrom('players').where('lastSeenAt', '<=', oldest.lastSeenAt).execute();
}
