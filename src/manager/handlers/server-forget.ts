import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverForget } from '../../protocol/operations/server-removal.ts';
import { handleOnManager, serverOf } from '../gateway/context.ts';
import type { Hub } from '../hosts/hub.ts';
import type { Mirror } from '../hosts/mirror.ts';
import type { Feeds } from '../logs/feeds.ts';
import type { Relocations } from '../relocation/relocations.ts';
import { noMoreLog, purgeOf } from '../servers/removal.ts';
import { type Db, inTransaction } from '../store/database.ts';
import { findServer, purgeServer } from '../store/servers.ts';

/** What the handler that forgets servers needs. */
export interface ServerForgetDeps {
  readonly db: Db;
  readonly hub: Pick<Hub, 'find'>;
  readonly mirror: Pick<Mirror, 'disown'>;
  readonly feeds: Pick<Feeds, 'end'>;
  readonly relocations: Pick<Relocations, 'refuseUncleared'>;
  readonly clock: Clock;
}

/** Handler of forgetting a deleted server whose host never comes back. It removes no data. */
export function serverForgetHandlers({ db, hub, mirror, feeds, relocations, clock }: ServerForgetDeps) {
  return [
    handleOnManager(serverForget, async ({ confirm }, context) => {
      const { id, name, hostId, hostName, keptAt } = serverOf(context);
      await inTransaction(db, async (tx) => {
        const now = await findServer(tx, id);
        if (now?.id !== id) throw new ZedopsError('NOT_FOUND', `There is no server ${name} any more`);
        purgeOf(now, confirm, clock.now());
        await relocations.refuseUncleared(now, tx);
        if (hub.find(hostId) !== undefined) throw isThere(name, hostName);
        await purgeServer(tx, id, clock.now());
      });
      mirror.disown(id);
      feeds.end(id, noMoreLog(name));
      return { name, host: hostName, ...(keptAt === undefined ? {} : { keptAt }) };
    }),
  ];
}

function isThere(name: string, host: string): ZedopsError {
  return new ZedopsError('CONFLICT', `${host} is online, so that ${name} can be purged with its data`, {
    hint: `zedops server purge ${name}`,
  });
}
