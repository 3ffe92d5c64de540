import type * as z from 'zod';
import type { Clock } from '../../platform/clock.ts';
import { packageRoot } from '../../platform/files/package-root.ts';
import { createSlots } from '../../platform/slots.ts';
import type { LogFinding, LogSearchEnd } from '../../protocol/entities/log-search.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { agentLogSearch } from '../../protocol/operations/log-search.ts';
import { readLogPattern } from '../../zomboid/console/log-filter.ts';
import { gameLogTypes } from '../../zomboid/game-log/log-file-name.ts';
import { type AgentContext, handleOnAgent } from '../context.ts';
import { type OpenLogFolder, withLogFolder } from '../game-logs/log-folder.ts';
import type { LogKeeper } from '../logs/follow.ts';
import { type FileSearch, isForbidden, searchFiles } from '../logs/search/file-search.ts';
import { searchLog } from '../logs/search/search-log.ts';
import { startSieve } from '../logs/search/sieve-thread.ts';
import { nanoseconds } from '../logs/server-log.ts';
import type { PlayerWatch } from '../players/watch-players.ts';
import type { Registry } from '../servers/registry.ts';
import type { Placements } from '../worlds/placements.ts';

/** What the handler of searches needs. */
export interface LogSearchHandlerDeps {
  readonly registry: Pick<Registry, 'get'>;
  readonly logs: Pick<LogKeeper, 'of' | 'maskOf'>;
  readonly folderOf: Placements['folderOf'];
  readonly zoneOf: PlayerWatch['zoneOf'];
  readonly clock: Clock;
}

/** Searches under way on a host; more of them wait. */
const mostSearches = 2;

/** Handler of searches: each has a thread of its own, because games run beside it. */
export function logSearchHandlers(deps: LogSearchHandlerDeps) {
  const slots = createSlots(mostSearches);
  return [
    handleOnAgent(agentLogSearch, async (request, context) => {
      const { pattern } = request;
      const read = pattern === undefined ? undefined : readLogPattern(pattern);
      if (read && 'problem' in read) throw new ZedopsError('INVALID_INPUT', `The pattern: ${read.problem}`);
      const leave = await slots.take(context.signal);
      try {
        return await search(request, context, deps);
      } finally {
        leave();
      }
    }),
  ];
}

type Request = z.output<typeof agentLogSearch.request>;
interface Asker extends Pick<AgentContext, 'signal' | 'lag'> {
  readonly progress: (finding: LogFinding) => void;
}

async function search(
  request: Request,
  { signal, progress, lag }: Asker,
  deps: LogSearchHandlerDeps,
): Promise<LogSearchEnd> {
  const { serverId, files: sources, since, until, limit, after, filesAfter, ...wish } = request;
  const { registry, logs, folderOf, zoneOf, clock } = deps;
  const server = registry.get(serverId);
  const serverLog = sources.includes('console') ? await logs.of(server) : undefined;
  const types = gameLogTypes.filter((type) => sources.some((source) => source === type));
  const sieve = startSieve({
    wish,
    until: until === undefined ? undefined : nanoseconds(until),
    ...{ clock, signal, packageRoot: packageRoot() },
  });
  const run = (files?: FileSearch) =>
    searchLog({
      ...{ serverLog, sieve, files, since, after, limit, signal },
      give(finding) {
        progress(finding);
        return lag();
      },
    });
  const runWithFiles = async (folder: OpenLogFolder): Promise<LogSearchEnd> => {
    const files = await searchFiles({
      ...{ folder, types, sieve, after: filesAfter, zone: await zoneOf(server), mask: logs.maskOf(server) },
      sinceMs: since === undefined ? undefined : Date.parse(since),
      untilMs: until === undefined ? undefined : Date.parse(until),
    });
    try {
      const end = await run(files);
      const problem = files.problem();
      return { ...end, ...(problem === undefined ? {} : { problem }) };
    } finally {
      await files.close();
    }
  };
  try {
    if (types.length === 0) return await run();
    const opened = await tryFolder(() => withLogFolder(folderOf(server), runWithFiles));
    if (opened === undefined) return await run();
    return opened === 'forbidden' ? { ...(await run()), problem: 'its Logs/ may not be read' } : opened;
  } finally {
    await sieve.close();
  }
}

/** A folder that may not be entered costs its own lines alone. */
async function tryFolder<Result>(open: () => Promise<Result>): Promise<Result | 'forbidden'> {
  try {
    return await open();
  } catch (error) {
    if (isForbidden(error)) return 'forbidden';
    throw error;
  }
}
