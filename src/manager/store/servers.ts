import type { Selectable } from 'kysely';
import { GameFacts, type ServerImage, ServerLimits } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { type Holder, reachOf } from '../people/identity.ts';
import { type Db, inTransaction } from './database.ts';
import { readJson } from './json.ts';
import type { Schema } from './schema.ts';
import { readTags } from './tags.ts';

/** What a server should be, but for its env; see `server-env.ts`. Times are milliseconds since 1970. */
export interface ServerRecord {
  readonly id: string;
  readonly name: string;
  readonly hostId: string;
  readonly hostName: string;
  readonly revision: number;
  readonly power: 'on' | 'off';
  readonly image: ServerImage;
  readonly limits: ServerLimits;
  readonly game: GameFacts;
  readonly createdAt: number;
  readonly deletedAt: number | undefined;
  readonly tags: readonly string[];
  readonly hostTags: readonly string[];
  /** When the world of a deleted server is to be removed; undefined for one that is kept until someone purges it. */
  readonly purgeAt?: number | undefined;
  /** Where its host keeps the world of a deleted server, where the host has said so. */
  readonly keptAt?: string | undefined;
  /** Name of its folder on its host, where that is not its own name. */
  readonly folder?: string;
  /** The revision that its host is to apply as soon as it hears of it. */
  readonly applyRevision?: number;
}

/** What a new server is made of. */
export type NewServer = Omit<
  ServerRecord,
  'hostName' | 'revision' | 'deletedAt' | 'tags' | 'hostTags' | 'purgeAt' | 'keptAt' | 'folder' | 'applyRevision'
>;

/** What of a server may be changed; what is absent stays. */
export type ServerChange = Partial<Pick<ServerRecord, 'power' | 'image' | 'limits' | 'game' | 'name'>> & {
  /** When it was deleted; null takes that back. */
  readonly deletedAt?: number | null;
  /** When its world is to be removed; null for never by itself. */
  readonly purgeAt?: number | null;
  /** Name of its folder, where that is not its own name; null where it is. */
  readonly folder?: string | null;
  /** True: its host is to apply this very change as soon as it hears of it. */
  readonly applies?: boolean;
};

/** Which servers {@link listServers} is after. */
export interface ServerFilter {
  readonly hostId?: string | undefined;
  /** True for those deleted and not purged, false for all others. */
  readonly deleted: boolean;
}

/** How many servers one look for those whose time is up may find. */
const mostPurged = 500;

/**
 * Puts a server on the list, with revision 1. Its host must exist.
 * @throws ZedopsError CONFLICT when a server, also a deleted one that is not purged, has the name.
 */
export function insertServer(db: Db, server: NewServer): Promise<void> {
  return inTransaction(db, async (tx) => {
    const same = await selectServers(tx).where('servers.name', '=', server.name).executeTakeFirst();
    if (same) throw nameTaken(toServer(same));
    await refuseTakenFolder(tx, server);
    const { image, ...rest } = server;
    await tx
      .insertInto('servers')
      .values({
        ...rest,
        template: image.template,
        reference: image.reference,
        pull: image.pull,
        limits: JSON.stringify(server.limits),
        game: JSON.stringify(server.game),
        revision: 1,
        deletedAt: null,
        purgeAt: null,
        keptAt: null,
        folder: null,
        applyRevision: null,
        purgedAt: null,
      })
      .execute();
  });
}

/** Finds a server by its id or its name, also a deleted one that is not purged; an id goes before a name that looks like it. */
export async function findServer(db: Db, ref: string): Promise<ServerRecord | undefined> {
  const row = await selectServers(db)
    .where((where) => where.or([where('servers.id', '=', ref), where('servers.name', '=', ref)]))
    .orderBy((by) => by('servers.id', '=', ref), 'desc')
    .executeTakeFirst();
  return row && toServer(row);
}

/** Finds a server by its id, also one that was purged: what was done with it is still to be told. */
export async function findServerEver(db: Db, id: string): Promise<ServerRecord | undefined> {
  const row = await selectEver(db).where('servers.id', '=', id).executeTakeFirst();
  return row && toServer(row);
}

/** The servers someone may read, by name. */
export async function listServers(db: Db, holder: Holder, filter: ServerFilter): Promise<readonly ServerRecord[]> {
  const { everywhere, hostIds, serverIds } = reachOf(holder, 'server:read');
  const rows = await selectServers(db)
    .where('servers.deletedAt', filter.deleted ? 'is not' : 'is', null)
    .$if(!everywhere, (query) =>
      query.where((where) =>
        where.or([where('servers.hostId', 'in', [...hostIds]), where('servers.id', 'in', [...serverIds])]),
      ),
    )
    .$if(filter.hostId !== undefined, (query) => query.where('servers.hostId', '=', filter.hostId ?? ''))
    .orderBy('servers.name')
    .execute();
  return rows.map(toServer);
}

/** Every server of a host that is not purged, for its agent. */
export async function serversOnHost(db: Db, hostId: string): Promise<readonly ServerRecord[]> {
  const rows = await selectServers(db).where('servers.hostId', '=', hostId).orderBy('servers.name').execute();
  return rows.map(toServer);
}

/**
 * Changes what a server should be, as its next revision. Undefined where there is no such server.
 * @throws ZedopsError CONFLICT when another server has the new name.
 */
export function changeServer(db: Db, id: string, change: ServerChange): Promise<ServerRecord | undefined> {
  return inTransaction(db, async (tx) => {
    const { image, power, limits, game, deletedAt, purgeAt, name, folder, applies } = change;
    if (name !== undefined) await refuseTakenName(tx, id, name);
    await tx
      .updateTable('servers')
      .set((set) => ({ revision: set('revision', '+', 1) }))
      .$if(power !== undefined, (query) => query.set({ power }))
      .$if(image !== undefined, (query) => query.set({ ...image }))
      .$if(limits !== undefined, (query) => query.set({ limits: JSON.stringify(limits) }))
      .$if(game !== undefined, (query) => query.set({ game: JSON.stringify(game) }))
      .$if(name !== undefined, (query) => query.set({ name }))
      .$if(folder !== undefined, (query) => query.set({ folder }))
      .$if(applies === true, (query) => query.set((set) => ({ applyRevision: set('revision', '+', 1) })))
      .$if(deletedAt !== undefined, (query) => query.set({ deletedAt }))
      .$if(purgeAt !== undefined, (query) => query.set({ purgeAt }))
      .where('id', '=', id)
      .where('purgedAt', 'is', null)
      .execute();
    return findServer(tx, id);
  });
}

/** Keeps where a host says that it keeps the world of a deleted server. */
export async function noteKeptAt(db: Db, id: string, keptAt: string): Promise<void> {
  await db.updateTable('servers').set({ keptAt }).where('id', '=', id).where('deletedAt', 'is not', null).execute();
}

/** Deleted servers whose time is up, the longest overdue first. */
export async function serversToPurge(db: Db, now: number): Promise<readonly ServerRecord[]> {
  const rows = await selectServers(db)
    .where('servers.deletedAt', 'is not', null)
    .where('servers.purgeAt', '<=', now)
    .orderBy('servers.purgeAt')
    .limit(mostPurged)
    .execute();
  return rows.map(toServer);
}

/** A server that was renamed has its world in the folder of its first name. */
async function refuseTakenFolder(db: Db, { name, hostId }: NewServer): Promise<void> {
  const holder = await selectServers(db)
    .where('servers.hostId', '=', hostId)
    .where('servers.folder', '=', name)
    .executeTakeFirst();
  if (!holder) return;
  throw new ZedopsError(
    'CONFLICT',
    `The folder ${name} on ${holder.hostName} holds the world of ${holder.name}, which was called ${name} once`,
    { hint: 'choose another name' },
  );
}

async function refuseTakenName(db: Db, id: string, name: string): Promise<void> {
  const same = await selectServers(db)
    .where('servers.name', '=', name)
    .where('servers.id', '!=', id)
    .executeTakeFirst();
  if (same) throw nameTaken(toServer(same));
}

/**
 * Forgets a deleted server but for its row: its name is free again, its env and the grants on it are gone. False, with
 * nothing done, where it is not deleted or not there.
 */
export function purgeServer(db: Db, id: string, at: number): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('servers')
      .set({ purgedAt: at })
      .where('id', '=', id)
      .where('deletedAt', 'is not', null)
      .where('purgedAt', 'is', null)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    await tx.deleteFrom('serverEnv').where('serverId', '=', id).execute();
    await tx.deleteFrom('observed').where('serverId', '=', id).execute();
    await tx.deleteFrom('grants').where('scopeKind', '=', 'server').where('scopeId', '=', id).execute();
    return true;
  });
}

/** Takes a server off the list as if it had never been on it, because its host never heard of it. */
export async function dropServer(db: Db, id: string): Promise<void> {
  await inTransaction(db, async (tx) => {
    await tx.deleteFrom('grants').where('scopeKind', '=', 'server').where('scopeId', '=', id).execute();
    await tx.deleteFrom('servers').where('id', '=', id).execute();
  });
}

function selectServers(db: Db) {
  return selectEver(db).where('servers.purgedAt', 'is', null);
}

function selectEver(db: Db) {
  return db
    .selectFrom('servers')
    .innerJoin('hosts', 'hosts.id', 'servers.hostId')
    .selectAll('servers')
    .select(['hosts.name as hostName', 'hosts.tags as hostTags']);
}

function toServer(
  row: Selectable<Schema['servers']> & { readonly hostName: string; readonly hostTags: string },
): ServerRecord {
  const { id, name, hostId, hostName, revision, power, template, reference, pull, createdAt } = row;
  return {
    id,
    name,
    hostId,
    hostName,
    revision,
    power,
    image: { template, reference, pull },
    limits: readJson(ServerLimits, row.limits),
    game: readJson(GameFacts, row.game),
    createdAt,
    deletedAt: row.deletedAt ?? undefined,
    tags: readTags(row.tags),
    hostTags: readTags(row.hostTags),
    purgeAt: row.purgeAt ?? undefined,
    keptAt: row.keptAt ?? undefined,
    ...(row.folder === null ? {} : { folder: row.folder }),
    ...(row.applyRevision === null ? {} : { applyRevision: row.applyRevision }),
  };
}

/** Makes the error for a name that a server has, also a deleted one that is not purged. */
export function nameTaken({ name, hostName, deletedAt }: ServerRecord): ZedopsError {
  return deletedAt === undefined
    ? new ZedopsError('CONFLICT', `There is a server ${name} already, on ${hostName}`, {
        hint: `zedops server show ${name}`,
      })
    : new ZedopsError('CONFLICT', `The name ${name} belongs to a deleted server whose world is kept on ${hostName}`, {
        hint: 'zedops server list --deleted',
      });
}
