import * as z from 'zod';
import { KeepDeleted } from '../entities/deletion.ts';
import { Step } from '../entities/job.ts';
import { ServerName, ServerRef, ServerState, StopReport } from '../entities/server.ts';
import { WorldCheck } from '../entities/world-check.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

/** Removes a server's container. Its world stays on the host's disk until it is purged. */
export const serverDelete = operation({
  subject: 'server.delete',
  summary: 'Delete a server; its world is kept on the host for a while',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:delete',
  effect: 'destroy',
  request: z.object({
    server: ServerRef,
    keep: KeepDeleted.optional().describe('how long its world, name and ports are kept; in seconds, or forever'),
  }),
  progress: Step,
  reply: z.object({
    name: ServerName,
    keptAt: z.string(),
    /** True where there was nothing to keep. */
    isEmpty: z.boolean().optional(),
    stop: StopReport.optional(),
  }),
  timeoutMs: 120_000,
  lasting: 'job',
  lock: 'server',
});

/** Takes a deletion back: makes the container anew around the world that was kept, and leaves it off. */
export const serverRestore = operation({
  subject: 'server.restore',
  summary: 'Restore a deleted server with the world that was kept',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:delete',
  effect: 'write',
  request: z.object({ server: ServerRef }),
  progress: Step,
  reply: z.object({
    name: ServerName,
    state: ServerState,
    folder: z.string(),
    /** Whether the game had made a world by then. */
    world: z.enum(['present', 'missing']),
  }),
  timeoutMs: 120_000,
  lasting: 'job',
  lock: 'server',
});

/** Removes the data of a deleted server for good. The only operation that ever removes a world. */
export const serverPurge = operation({
  subject: 'server.purge',
  summary: 'Remove the world of a deleted server for good, and give its name and ports free',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:delete',
  effect: 'destroy',
  request: z.object({
    server: ServerRef,
    confirm: z.string().max(64).describe('the name of the server once more, to show that it is meant'),
  }),
  progress: Step,
  reply: z.object({ name: ServerName, folder: z.string(), files: z.int(), bytes: z.number() }),
  timeoutMs: 120_000,
  lasting: 'job',
  lock: 'server',
});

/** Gives up a deleted server whose host never comes back. Its data is not touched: it stays on that host. */
export const serverForget = operation({
  subject: 'server.forget',
  summary: 'Forget a deleted server whose host does not come back; its data stays on that host',
  runsOn: 'manager',
  audience: 'people',
  target: 'server',
  permission: 'server:delete',
  effect: 'destroy',
  request: z.object({
    server: ServerRef,
    confirm: z.string().max(64).describe('the name of the server once more, to show that it is meant'),
  }),
  progress: noProgress,
  reply: z.object({
    name: ServerName,
    host: z.string(),
    /** Where its data was kept when its host was last heard of; absent where it had not said. */
    keptAt: z.string().optional(),
  }),
  timeoutMs: 30_000,
});

/** Looks at the files of a server's world. */
export const serverCheck = operation({
  subject: 'server.check',
  summary: 'Check that a server’s world is there and can be read, and how large it is',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:read',
  effect: 'read',
  request: z.object({ server: ServerRef }),
  progress: Step,
  reply: z.object({ check: WorldCheck }),
  timeoutMs: 120_000,
});
