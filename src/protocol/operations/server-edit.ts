import * as z from 'zod';
import { Step } from '../entities/job.ts';
import { Port, ServerEnv, ServerLimits, ServerName, ServerRef, ServerState, StopReport } from '../entities/server.ts';
import { SettingChange } from '../entities/setting-change.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';
import { secret } from '../redact.ts';

const limits = ServerLimits.shape;

/** Changes what a server should be. Its container gets it by {@link serverRebuild}, or at its next start. */
export const serverEdit = operation({
  subject: 'server.edit',
  summary: 'Change the settings of a server',
  runsOn: 'manager',
  audience: 'people',
  target: 'server',
  permission: 'server:configure',
  effect: 'write',
  request: z.object({
    server: ServerRef,
    set: secret(ServerEnv).default({}).describe('settings to set; all others stay as they are'),
    unset: z.array(z.string().max(128)).max(1000).default([]).describe('settings to go back to the image’s default'),
    image: z.string().max(256).optional().describe('image template, with :tag for another tag'),
    tag: z.string().max(128).optional().describe('another tag of the image it has'),
    memoryMb: limits.memoryMb.unwrap().nullable().optional().describe('memory limit in MiB; null: by the heap'),
    cpus: limits.cpus.unwrap().nullable().optional().describe('CPU limit; null: none of its own'),
    ports: z
      .partialRecord(z.enum(['game', 'direct', 'rcon']), Port)
      .default({})
      .describe('ports to move, by what they are for'),
    displayName: z.string().max(256).optional().describe('name in the server browser'),
    revision: z.int().min(1).optional().describe('refuse unless this is its revision: what it was when you looked'),
    later: z.boolean().default(false).describe('leave a running game alone until its next start'),
    acceptRisks: z.boolean().default(false).describe('go on although the world may not load afterwards'),
    dryRun: z.boolean().default(false).describe('only say what would change'),
  }),
  progress: noProgress,
  reply: z.object({
    name: ServerName,
    /** Of the server now: with `dryRun`, before the change. */
    revision: z.int(),
    changes: z.array(SettingChange),
    /** Why the world may not load afterwards. */
    risks: z.array(z.string()),
    warnings: z.array(z.string()),
    /**
     * How the container gets it. `nothing`: there is nothing to get. `rebuild`: it runs, and a rebuild gives it to it.
     * `start`: with its next start. `return`: its host is away, and rebuilds it when it is back.
     */
    applies: z.enum(['nothing', 'rebuild', 'start', 'return']),
  }),
  timeoutMs: 30_000,
});

/** Makes a server's container anew. The old one is kept, stopped, until the new one is ready. */
export const serverRebuild = operation({
  subject: 'server.rebuild',
  summary: 'Make a server’s container anew; the old one comes back where the new one fails',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:configure',
  effect: 'write',
  request: z.object({
    server: ServerRef,
    pull: z.boolean().default(false).describe('pull the image first, even where it is there'),
  }),
  progress: Step,
  reply: z.object({
    state: ServerState,
    readyAt: z.iso.datetime().optional(),
    /** How the old container was stopped; absent where it did not run. */
    stop: StopReport.optional(),
  }),
  timeoutMs: 120_000,
  lasting: 'job',
  lock: 'server',
});

/** Gives a server another name. Its id, its world and its folder stay as they are. */
export const serverRename = operation({
  subject: 'server.rename',
  summary: 'Give a server another name; its world stays where it is',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:configure',
  effect: 'write',
  request: z.object({ server: ServerRef, name: ServerName.describe('the new name') }),
  progress: Step,
  reply: z.object({ name: ServerName, folder: z.string() }),
  timeoutMs: 60_000,
  lasting: 'job',
  lock: 'server',
});
