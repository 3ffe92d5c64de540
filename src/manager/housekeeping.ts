import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Db } from './store/database.ts';
import { dropExpiredSessions } from './store/sessions.ts';
import { dropExpiredSignInCodes } from './store/sign-in-codes.ts';
import { dropExpiredTokens } from './store/tokens.ts';

const everyMs = 3_600_000;

/** Forgets, each hour, what has expired and lets nobody in any more. The returned function ends it. */
export function keepHouse({
  db,
  clock,
  log,
}: {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
}): () => void {
  const tidy = async (): Promise<void> => {
    const now = clock.now();
    await dropExpiredSessions(db, now);
    await dropExpiredSignInCodes(db, now);
    await dropExpiredTokens(db, now);
  };
  return clock.every(everyMs, () => {
    tidy().catch((error: unknown) => {
      log.error({ error: error instanceof Error ? error : undefined }, 'what has expired could not be forgotten');
    });
  });
}
