import { serverAdopt } from '../../protocol/operations/adoption.ts';
import { serverClone } from '../../protocol/operations/move.ts';
import type { Mirror } from '../hosts/mirror.ts';
import { type Db, inTransaction } from '../store/database.ts';
import { dropServer, findServer } from '../store/servers.ts';
import { dropUnsettled, listUnsettled } from '../store/unsettled.ts';
import type { DesiredChange } from './desired-change.ts';

/** What {@link undoNewServer} needs. */
export interface UndoDeps {
  readonly db: Db;
  readonly mirror: Pick<Mirror, 'disown' | 'find'>;
}

/** How a change of the desired state is taken back. */
export type Undo = Pick<DesiredChange, 'undoRefused' | 'undoFailed'>;

/** A change made by an earlier process of this manager, whose end nobody has heard of. */
export interface LeftChange {
  readonly requestId: string;
  readonly hostId: string;
  readonly change: Undo & { readonly server: { readonly id: string } };
}

/** The revision of a server that nobody has changed since it was put on the list. */
const firstRevision = 1;

/**
 * Says how a server that `subject` has put on the list is taken off it again. One that failed to be created stays, to be
 * retried; where an adoption failed its host has put everything back; a clone that left nothing is not there.
 */
export function undoNewServer({ db, mirror }: UndoDeps, subject: string, id: string): Undo {
  const forget = async (): Promise<boolean> => {
    await dropServer(db, id);
    mirror.disown(id);
    return true;
  };
  switch (subject) {
    case serverAdopt.subject:
      return { undoRefused: forget, undoFailed: forget };
    case serverClone.subject:
      return {
        undoRefused: forget,
        async undoFailed() {
          // Where its host has something of it, it is there and shall be seen; a copy that failed leaves nothing.
          const seen = mirror.find(id)?.observed;
          if (seen === undefined || seen.container !== undefined || seen.data !== 'missing') return false;
          return forget();
        },
      };
    default:
      return {
        undoRefused: (isInOthersHands) =>
          inTransaction(db, async (tx) => {
            const now = await findServer(tx, id);
            // Whoever was faster than the create has had its host make it, and it would be nobody's there.
            if (isInOthersHands || now?.revision !== firstRevision) return false;
            await dropServer(tx, id);
            mirror.disown(id);
            return true;
          }),
        undoFailed: async () => false,
      };
  }
}

/** The new servers that an earlier process of this manager has sent to hosts without hearing what became of them. */
export async function recallUnsettled({ db, mirror }: UndoDeps): Promise<readonly LeftChange[]> {
  const left: LeftChange[] = [];
  for (const { requestId, hostId, serverId, subject } of await listUnsettled(db)) {
    const server = await findServer(db, serverId);
    if (server?.id !== serverId || server.deletedAt !== undefined) {
      await dropUnsettled(db, requestId);
      continue;
    }
    const { undoRefused, undoFailed } = undoNewServer({ db, mirror }, subject, serverId);
    left.push({
      ...{ requestId, hostId },
      change: {
        server,
        undoFailed,
        async undoRefused(isInOthersHands) {
          // A host forgets old jobs; what it has of the server says that there was one.
          const seen = mirror.find(serverId)?.observed;
          return undoRefused(isInOthersHands || seen?.container !== undefined || seen?.data === 'present');
        },
      },
    });
  }
  return left;
}
