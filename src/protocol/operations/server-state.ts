import * as z from 'zod';
import { ServerDifferences } from '../entities/difference.ts';
import { HostRef } from '../entities/host.ts';
import { ObservedServer, ServerRef, ServerState } from '../entities/server.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

/** Compares what servers should be with what their hosts say they are. */
export const serverDiff = operation({
  subject: 'server.diff',
  summary: 'Show where servers are not what they should be',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({
    server: ServerRef.optional().describe('server, by name or id; left out: all of them'),
    host: HostRef.optional().describe('only those on this host'),
  }),
  progress: noProgress,
  reply: z.object({ servers: z.array(ServerDifferences) }),
  timeoutMs: 10_000,
});

/** Has a host look at a server now, instead of waiting for the engine's next event. */
export const serverSync = operation({
  subject: 'server.sync',
  summary: 'Have the host look at a server and probe it now',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:read',
  effect: 'read',
  request: z.object({ server: ServerRef }),
  progress: noProgress,
  reply: z.object({ state: ServerState, detail: z.string().optional(), observed: ObservedServer }),
  timeoutMs: 60_000,
});
