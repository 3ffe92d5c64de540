import * as z from 'zod';
import { Step } from '../entities/job.ts';
import { ServerEnv, ServerName, ServerRef, ServerState, StopReport } from '../entities/server.ts';
import { operation } from '../operation.ts';
import { secret } from '../redact.ts';

/** Makes a server from another one: its settings with new ports, and a copy of its world. */
export const serverClone = operation({
  subject: 'server.clone',
  summary: 'Make a new server with the settings and a copy of the world of another',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:create',
  effect: 'write',
  request: z.object({
    server: ServerRef,
    name: ServerName.describe('name of the new server'),
    env: secret(ServerEnv).default({}).describe('settings that are to be others'),
    live: z.boolean().default(false).describe('copy while the game runs: as good as what a crash leaves'),
    start: z.boolean().default(true).describe('start it when it is made'),
  }),
  progress: Step,
  reply: z.object({
    id: z.string(),
    name: ServerName,
    /** The new server's folder on its host. */
    folder: z.string(),
    ports: z.array(z.object({ name: z.string(), port: z.int(), protocol: z.enum(['udp', 'tcp']) })),
    /** `exact`: compared with the original, which was stopped. `live`: as good as what a crash at that moment leaves. */
    copy: z.enum(['exact', 'live']),
    state: ServerState,
    readyAt: z.iso.datetime().optional(),
  }),
  timeoutMs: 120_000,
  lasting: 'job',
  lock: 'server',
});

/** Moves a server's folder to another data root of its host. */
export const serverMove = operation({
  subject: 'server.move',
  summary: 'Move a server’s world to another data root of its host',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:configure',
  effect: 'write',
  request: z.object({
    server: ServerRef,
    path: z
      .string()
      .max(4096)
      .regex(/^\/[^\0]*$/, 'is not an absolute path')
      .describe('data root to move it to, as in the host’s setting agent.dataRoots'),
  }),
  progress: Step,
  reply: z.object({
    name: ServerName,
    folder: z.string(),
    /** The folder it had; absent where it lay there already. */
    from: z.string().optional(),
    /** Where the original is kept; absent where the folder itself went over. */
    originalAt: z.string().optional(),
    stop: StopReport.optional(),
    state: ServerState,
    readyAt: z.iso.datetime().optional(),
  }),
  timeoutMs: 120_000,
  lasting: 'job',
  lock: 'server',
});
