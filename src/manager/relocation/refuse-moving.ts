import { ZedopsError } from '../../protocol/errors.ts';
import type { Db } from '../store/database.ts';
import { findHost } from '../store/hosts.ts';
import { findRelocation } from '../store/relocations.ts';
import type { ServerRecord } from '../store/servers.ts';

/** Refuses what would be done with a server that is on its way to another host. @throws ZedopsError CONFLICT naming who moves it. */
export async function refuseMoving(db: Db, { id, name }: Pick<ServerRecord, 'id' | 'name'>): Promise<void> {
  const found = await findRelocation(db, id);
  // What has ended is only to be heard of by the first host, which runs nothing meanwhile: it may stay away for long.
  if (!found || found.phase === 'settled' || found.phase === 'back') return;
  throw new ZedopsError('CONFLICT', `${name} is busy: ${found.actor} moves it to another host`, {
    hint: `zedops job watch ${found.jobId}`,
  });
}

/**
 * Refuses what would take a server's name or way back from a host that has not heard of the end of its move yet: that
 * one still has a container of it. @throws ZedopsError CONFLICT naming who moves it, or that host.
 */
export async function refuseUncleared(db: Db, server: Pick<ServerRecord, 'id' | 'name'>): Promise<void> {
  await refuseMoving(db, server);
  const found = await findRelocation(db, server.id);
  if (!found) return;
  const first = (await findHost(db, found.fromHost))?.name ?? 'its first host';
  throw new ZedopsError('CONFLICT', `${first} has not heard yet how the move of ${server.name} ended`, {
    hint: `zedops host show ${first}: it must be online once`,
  });
}
