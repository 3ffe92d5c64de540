import type { Selectable } from 'kysely';
import { HostFacts } from '../../protocol/entities/host.ts';
import { type Holder, type Reach, reachOf } from '../people/identity.ts';
import { type Db, inTransaction } from './database.ts';
import { readJsonIfFits } from './json.ts';
import type { Schema } from './schema.ts';
import { readTags } from './tags.ts';

/** A host as the manager knows it. Times are milliseconds since 1970. */
export interface HostRecord {
  readonly id: string;
  readonly name: string;
  readonly state: 'invited' | 'active' | 'revoked';
  readonly invitedAt: number;
  readonly joinedAt: number | undefined;
  readonly lastSeenAt: number | undefined;
  readonly certificateExpiresAt: number | undefined;
  readonly facts: HostFacts | undefined;
  readonly tags: readonly string[];
}

/** The certificates of a host: the newest, and the one before it until the newest has been seen. */
export interface HostCertificates {
  readonly serial: string | undefined;
  readonly previousSerial: string | undefined;
  readonly keyFingerprint: string | undefined;
}

/** Finds a host by its id or its name; an id goes before a name that looks like it. */
export async function findHost(db: Db, ref: string): Promise<HostRecord | undefined> {
  const row = await db
    .selectFrom('hosts')
    .selectAll()
    .where((where) => where.or([where('id', '=', ref), where('name', '=', ref)]))
    .orderBy((by) => by('id', '=', ref), 'desc')
    .executeTakeFirst();
  return row && toHost(row);
}

/** Finds a host by its name alone. */
export async function findHostByName(db: Db, name: string): Promise<HostRecord | undefined> {
  const row = await db.selectFrom('hosts').selectAll().where('name', '=', name).executeTakeFirst();
  return row && toHost(row);
}

/** A host with what is known of its certificates. */
export async function findHostWithCertificates(
  db: Db,
  id: string,
): Promise<{ readonly host: HostRecord; readonly certificates: HostCertificates } | undefined> {
  const row = await db.selectFrom('hosts').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const certificates = {
    serial: row.certificateSerial ?? undefined,
    previousSerial: row.previousSerial ?? undefined,
    keyFingerprint: row.keyFingerprint ?? undefined,
  };
  return { host: toHost(row), certificates };
}

/** The hosts someone may see, by name: those they may read, and those of the servers they may read. */
export async function listHosts(db: Db, holder: Holder): Promise<readonly HostRecord[]> {
  const reach = reachOf(holder, 'host:read');
  const rows = await db
    .selectFrom('hosts')
    .selectAll()
    .$if(!reach.everywhere, (query) => query.where('id', 'in', visibleHostIds(db, reach)))
    .orderBy('name')
    .execute();
  return rows.map(toHost);
}

/** How many servers that are not deleted each host has; a host without any is not in it. */
export async function countServers(db: Db): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('servers')
    .select(({ fn }) => ['hostId', fn.countAll<number>().as('count')])
    .where('deletedAt', 'is', null)
    .groupBy('hostId')
    .execute();
  return new Map(rows.map(({ hostId, count }) => [hostId, count]));
}

/** Puts an invited host on the list, or sets one that is there back to invited: its certificates count no more. */
export async function saveInvitedHost(db: Db, host: { id: string; name: string; at: number }): Promise<void> {
  const invited = {
    state: 'invited',
    invitedAt: host.at,
    certificateSerial: null,
    previousSerial: null,
    keyFingerprint: null,
    certificateExpiresAt: null,
  } as const;
  await db
    .insertInto('hosts')
    .values({ id: host.id, name: host.name, ...invited, joinedAt: null, lastSeenAt: null, facts: null })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(invited))
    .execute();
}

/** A certificate that was issued to a host. */
export interface IssuedCertificate {
  readonly serial: string;
  readonly keyFingerprint: string;
  readonly expiresAt: number;
}

/** Makes a host active with its first certificate. No earlier one counts. */
export async function activateHost(db: Db, id: string, issued: IssuedCertificate, at: number): Promise<void> {
  await db
    .updateTable('hosts')
    .set({ state: 'active', joinedAt: at, previousSerial: null, ...certificateColumns(issued) })
    .where('id', '=', id)
    .execute();
}

/** Makes a host active that needs no certificate, because its agent runs in the manager's own process. */
export async function activateLocalHost(db: Db, host: { id: string; name: string; at: number }): Promise<void> {
  await saveInvitedHost(db, host);
  await db.updateTable('hosts').set({ state: 'active', joinedAt: host.at }).where('id', '=', host.id).execute();
}

/**
 * Gives an active host a further certificate; the one it connected with (`usedSerial`) stays good until this one is seen.
 * False where that one is not good any more.
 */
export async function renewHost(db: Db, id: string, issued: IssuedCertificate, usedSerial: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('hosts')
    .set({ previousSerial: usedSerial, ...certificateColumns(issued) })
    .where('id', '=', id)
    .where('state', '=', 'active')
    .where((where) => where.or([where('certificateSerial', '=', usedSerial), where('previousSerial', '=', usedSerial)]))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Says that a host has used its newest certificate, which ends the one before. */
export async function endPreviousCertificate(db: Db, id: string): Promise<void> {
  await db.updateTable('hosts').set({ previousSerial: null }).where('id', '=', id).execute();
}

/** Refuses a host from now on. Its facts and servers stay. */
export async function revokeHost(db: Db, id: string): Promise<void> {
  await db
    .updateTable('hosts')
    .set({ state: 'revoked', certificateSerial: null, previousSerial: null, keyFingerprint: null })
    .where('id', '=', id)
    .execute();
}

/** Keeps what an agent says of its machine, and when it was heard. */
export async function saveHostFacts(db: Db, id: string, facts: HostFacts, at: number): Promise<void> {
  await db
    .updateTable('hosts')
    .set({ facts: JSON.stringify(facts), lastSeenAt: at })
    .where('id', '=', id)
    .execute();
}

/** Keeps when a host was last heard. */
export async function touchHost(db: Db, id: string, at: number): Promise<void> {
  await db.updateTable('hosts').set({ lastSeenAt: at }).where('id', '=', id).execute();
}

/** Takes a host off the list with its purged servers and the grants on it. False where it still has servers. */
export function removeHost(db: Db, id: string): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const kept = await tx
      .selectFrom('servers')
      .select('id')
      .where('hostId', '=', id)
      .where('purgedAt', 'is', null)
      .executeTakeFirst();
    if (kept) return false;
    await tx.deleteFrom('servers').where('hostId', '=', id).execute();
    await tx.deleteFrom('grants').where('scopeKind', '=', 'host').where('scopeId', '=', id).execute();
    await tx.deleteFrom('hosts').where('id', '=', id).execute();
    return true;
  });
}

function visibleHostIds(db: Db, { hostIds, serverIds }: Reach) {
  return db
    .selectFrom('hosts as visible')
    .leftJoin('servers', (join) => join.onRef('servers.hostId', '=', 'visible.id').on('servers.purgedAt', 'is', null))
    .select('visible.id')
    .where((where) => where.or([where('visible.id', 'in', [...hostIds]), where('servers.id', 'in', [...serverIds])]));
}

function certificateColumns({ serial, keyFingerprint, expiresAt }: IssuedCertificate) {
  return { certificateSerial: serial, keyFingerprint, certificateExpiresAt: expiresAt };
}

function toHost(row: Selectable<Schema['hosts']>): HostRecord {
  return {
    id: row.id,
    name: row.name,
    state: row.state,
    invitedAt: row.invitedAt,
    joinedAt: row.joinedAt ?? undefined,
    lastSeenAt: row.lastSeenAt ?? undefined,
    certificateExpiresAt: row.certificateExpiresAt ?? undefined,
    facts: readJsonIfFits(HostFacts, row.facts),
    tags: readTags(row.tags),
  };
}
