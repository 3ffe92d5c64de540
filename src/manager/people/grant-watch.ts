import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Grant } from '../../protocol/permissions.ts';
import type { Db } from '../store/database.ts';
import { grantsOf } from '../store/people.ts';
import type { Identity } from './identity.ts';

/** What people were granted, as it is now: a connection may have been opened long ago. */
export interface GrantWatch {
  /** The same identity with the grants of this moment. */
  renew(identity: Identity): Promise<Identity>;
  /** Tells, within half a second, each time that the grants of someone have changed, until the returned function is called. */
  follow(identity: Identity, onChange: (now: Identity) => void): () => void;
}

/** What {@link createGrantWatch} is made of. */
export interface GrantWatchDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
}

interface Followed {
  readonly followers: Set<(grants: readonly Grant[]) => void>;
  known: string;
}

const everyMs = 500;

/** Makes the watch. While nobody follows anyone it asks for nothing. */
export function createGrantWatch({ db, clock, log }: GrantWatchDeps): GrantWatch {
  const people = new Map<string, Followed>();
  let stop: (() => void) | undefined;
  let isLooking = false;

  const look = async (): Promise<void> => {
    for (const [personId, entry] of [...people]) {
      const grants = await grantsOf(db, personId);
      const now = JSON.stringify(grants);
      if (now === entry.known) continue;
      entry.known = now;
      for (const tell of [...entry.followers]) tell(grants);
    }
  };
  const lookNow = (): void => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch((error: unknown) => log.error({ error: asError(error) }, 'what people were granted cannot be read'))
      .finally(() => {
        isLooking = false;
      });
  };

  return {
    async renew(identity) {
      const { personId } = identity;
      return personId === undefined ? identity : { ...identity, grants: await grantsOf(db, personId) };
    },
    follow(identity, onChange) {
      const { personId, grants } = identity;
      if (personId === undefined) return () => undefined;
      const tell = (now: readonly Grant[]): void => onChange({ ...identity, grants: now });
      const entry = people.get(personId) ?? { followers: new Set(), known: JSON.stringify(grants) };
      people.set(personId, entry);
      entry.followers.add(tell);
      stop ??= clock.every(everyMs, lookNow);
      return () => {
        entry.followers.delete(tell);
        if (entry.followers.size === 0 && people.get(personId) === entry) people.delete(personId);
        if (people.size > 0) return;
        stop?.();
        stop = undefined;
      };
    },
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
