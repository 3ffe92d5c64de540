import type { KeepDeleted } from '../../protocol/entities/deletion.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverDelete, serverPurge } from '../../protocol/operations/server-removal.ts';
import type { Mirror } from '../hosts/mirror.ts';
import type { Feeds } from '../logs/feeds.ts';
import type { Db } from '../store/database.ts';
import { noteKeptAt, purgeServer, type ServerChange, type ServerRecord } from '../store/servers.ts';

/** How long deleted servers are kept where nobody says otherwise: seven days, in seconds. */
export const usualRetention: KeepDeleted = 604_800;

/** What a deletion writes. One that is deleted already stays as it is, unless someone says how long it is kept now. */
export function deletionOf(
  server: ServerRecord,
  { keep, retention, now }: { keep: KeepDeleted | undefined; retention: KeepDeleted; now: number },
): ServerChange {
  if (server.deletedAt === undefined) {
    return { power: 'off', deletedAt: now, purgeAt: purgeTime(keep ?? retention, now) };
  }
  return keep === undefined ? {} : { purgeAt: purgeTime(keep, now) };
}

/** What a restoration writes. @throws ZedopsError CONFLICT for a server that is not deleted. */
export function restorationOf(server: ServerRecord): ServerChange {
  if (server.deletedAt !== undefined) return { power: 'off', deletedAt: null, purgeAt: null };
  throw new ZedopsError('CONFLICT', `${server.name} is not deleted`, { hint: `zedops server show ${server.name}` });
}

/**
 * What a purge writes: that its time is up now, so that a manager that dies meanwhile goes on with it.
 * @throws ZedopsError CONFLICT for a server that is not deleted, INVALID_INPUT where its name was not said once more.
 */
export function purgeOf({ name, deletedAt }: ServerRecord, confirm: string, now: number): ServerChange {
  if (deletedAt === undefined) {
    throw new ZedopsError('CONFLICT', `${name} is not deleted, and only a deleted server can be purged`, {
      hint: `zedops server delete ${name}`,
    });
  }
  if (confirm === name) return { purgeAt: now };
  throw new ZedopsError('INVALID_INPUT', `The server to purge is ${name}, and "${confirm}" was typed`, {
    hint: `zedops server purge ${name} --confirm ${name}`,
  });
}

/** Makes sure that a server may be started. @throws ZedopsError CONFLICT for a deleted one. */
export function refuseDeleted({ name, hostName, deletedAt }: ServerRecord): void {
  if (deletedAt === undefined) return;
  throw new ZedopsError('CONFLICT', `${name} was deleted; its world is kept on ${hostName}`, {
    hint: `zedops server restore ${name}`,
  });
}

/** Writes what follows when a host has deleted or purged a server. Doing it twice is no error. */
export async function noteRemoved(
  { db, mirror, feeds, now }: { db: Db; mirror: Pick<Mirror, 'disown'>; feeds: Pick<Feeds, 'end'>; now: number },
  { subject, serverId, reply }: { subject: string; serverId: string; reply?: unknown },
): Promise<void> {
  if (subject === serverDelete.subject) {
    const answer = serverDelete.reply.safeParse(reply);
    if (answer.success) {
      await noteKeptAt(db, serverId, answer.data.keptAt);
      feeds.end(serverId, noMoreLog(answer.data.name));
    }
  }
  if (subject === serverPurge.subject && (await purgeServer(db, serverId, now))) mirror.disown(serverId);
}

/** What whoever follows the log of a deleted server is told. */
export function noMoreLog(name: string): ZedopsError {
  return new ZedopsError('CONFLICT', `${name} was deleted; nothing more comes of its log`, {
    hint: `zedops server restore ${name}`,
  });
}

function purgeTime(keep: KeepDeleted, now: number): number | null {
  return keep === 'forever' ? null : now + keep * 1000;
}
