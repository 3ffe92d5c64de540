import type { Clock } from '../../platform/clock.ts';
import { packageRoot } from '../../platform/package-root.ts';
import { createSlots } from '../../platform/slots.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { agentLogSearch } from '../../protocol/operations/log-search.ts';
import { readLogPattern } from '../../zomboid/log-filter.ts';
import { handleOnAgent } from '../context.ts';
import type { LogKeeper } from '../logs/follow.ts';
import { searchLog } from '../logs/search/search-log.ts';
import { startSieve } from '../logs/search/sieve-thread.ts';
import { nanoseconds } from '../logs/server-log.ts';
import type { Registry } from '../servers/registry.ts';

/** What the handler of searches needs. */
export interface LogSearchHandlerDeps {
  readonly registry: Registry;
  readonly logs: Pick<LogKeeper, 'of'>;
  readonly clock: Clock;
}

/** Searches under way on a host; more of them wait. */
const mostSearches = 2;

/** Handler of searches: each has a thread of its own, because games run beside it. */
export function logSearchHandlers({ registry, logs, clock }: LogSearchHandlerDeps) {
  const slots = createSlots(mostSearches);
  return [
    handleOnAgent(agentLogSearch, async (request, { signal, progress, lag }) => {
      const { serverId, since, until, limit, after, ...wish } = request;
      const read = wish.pattern === undefined ? undefined : readLogPattern(wish.pattern);
      if (read && 'problem' in read) throw new ZedopsError('INVALID_INPUT', `The pattern: ${read.problem}`);
      const serverLog = await logs.of(registry.get(serverId));
      const leave = await slots.take(signal);
      const sieve = startSieve({
        wish,
        until: until === undefined ? undefined : nanoseconds(until),
        clock,
        signal,
        packageRoot: packageRoot(),
      });
      try {
        return await searchLog({
          ...{ serverLog, sieve, since, after, limit, signal },
          give(finding) {
            progress(finding);
            return lag();
          },
        });
      } finally {
        await sieve.close();
        leave();
      }
    }),
  ];
}
