import * as z from 'zod';
import {
  LogFinding,
  LogLimit,
  LogSearchEnd,
  LogStretch,
  LogWish,
  SearchPlace,
  SearchSource,
  usualSearchSources,
} from '../entities/log-search.ts';
import { ServerRef } from '../entities/server.ts';
import { operation } from '../operation.ts';
import { SelectorText } from '../selector.ts';

/** Looks through the logs of several servers at once, each on its own host. */
export const serverLogSearch = operation({
  subject: 'server.log-search',
  summary: 'Search the logs of servers, as far back as their hosts keep them',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({
    ...LogWish.shape,
    ...LogStretch.shape,
    servers: z.array(ServerRef).max(256).default([]).describe('the servers to look through'),
    on: SelectorText.optional().describe('every server that fits, such as "tag=eu and state=ready"'),
    files: z
      .array(SearchSource)
      .min(1)
      .default([...usualSearchSources])
      .describe('what is looked through: the console, and which files of Logs/'),
    limit: LogLimit,
    places: z
      .array(
        SearchPlace.extend({
          serverId: z.string().max(64),
          found: z.int().min(0),
          isOver: z.boolean().default(false),
        }),
      )
      .max(2000)
      .default([])
      .describe('how far a search had come on each server that was put down and is taken up again'),
  }),
  progress: z.object({
    serverId: z.string(),
    server: z.string(),
    /** `over`: there is no more of this server. */
    finding: z.discriminatedUnion('kind', [...LogFinding.options, LogSearchEnd.extend({ kind: z.literal('over') })]),
  }),
  /** Of the servers that this search has come to the end of. */
  reply: z.object({ servers: z.array(LogSearchEnd.extend({ id: z.string(), server: z.string() })) }),
  timeoutMs: 0,
});

/** Looks through one log on its host; the manager is the only asker. */
export const agentLogSearch = operation({
  subject: 'agent.log-search',
  summary: 'Search a server’s log on its host',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({
    ...LogWish.shape,
    ...LogStretch.shape,
    serverId: z.string(),
    /** A manager that does not know of files is given none. */
    files: z.array(SearchSource).min(1).default(['console']),
    limit: LogLimit,
    /** Looks on after this place: how a search that was put down is taken up again. */
    ...SearchPlace.shape,
  }),
  progress: LogFinding,
  reply: LogSearchEnd,
  timeoutMs: 0,
});
