import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Db } from '../store/database.ts';
import { dropOldPlayers } from '../store/player-ledger.ts';

/** What {@link keepPlayerRetention} needs. */
export interface PlayerRetentionDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Log;
  /** Seconds that players and their sessions are kept after they were seen last. */
  readonly kept: number | 'forever';
}

/** A year, in seconds. */
export const usualPlayerRetention = 365 * 86_400;

const everyMs = 3_600_000;
/** Rows of each table that are kept at most, however long they may be: a game that raves fills no disk. */
const mostRows = 500_000;

/** Forgets, each hour, players and sessions that are old. The returned function ends it, when nothing is written any more. */
export function keepPlayerRetention({ db, clock, log, kept }: PlayerRetentionDeps): () => Promise<void> {
  let tidying: Promise<void> = Promise.resolve();
  const stop = clock.every(everyMs, () => {
    const before = kept === 'forever' ? 0 : clock.now() - kept * 1000;
    tidying = tidying
      .then(() => dropOldPlayers(db, before, mostRows))
      .catch((error: unknown) => {
        log.error(
          { error: error instanceof Error ? error : undefined },
          'old sessions of players could not be forgotten',
        );
      });
  });
  return async () => {
    stop();
    await tidying;
  };
}
