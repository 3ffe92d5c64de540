import * as z from 'zod';
import { LogCursor } from '../entities/log.ts';
import { LogFinding, LogLimit, LogStretch, LogWish } from '../entities/log-search.ts';
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
    limit: LogLimit,
  }),
  progress: z.object({ serverId: z.string(), server: z.string(), finding: LogFinding }),
  reply: z.object({
    servers: z.array(
      z.object({
        id: z.string(),
        server: z.string(),
        /** Lines found. */
        found: z.int().min(0),
        /** True where there were more than were asked for. */
        isCut: z.boolean(),
        /** Why it could not be looked through, or not to the end. */
        problem: z.string().optional(),
      }),
    ),
  }),
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
    limit: LogLimit,
    /** Looks on after this line: how a search that was put down is taken up again. */
    after: LogCursor.optional(),
  }),
  progress: LogFinding,
  reply: z.object({ found: z.int().min(0), isCut: z.boolean() }),
  timeoutMs: 0,
});
