import * as z from 'zod';
import { Step } from '../entities/job.ts';
import { HostReadiness, ServerPlan } from '../entities/plan.ts';
import { HostPort } from '../entities/port.ts';
import { ServerEnv, ServerImage, ServerLimits, ServerName, ServerRef, ServerState } from '../entities/server.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';
import { secret } from '../redact.ts';
import { serverCreate } from './server.ts';

/** What a create would do, without doing it. */
export const serverPlan = operation({
  subject: 'server.plan',
  summary: 'Check whether a server could be created, and change nothing',
  runsOn: 'manager',
  audience: 'people',
  target: 'host',
  permission: 'server:create',
  effect: 'read',
  request: serverCreate.request.extend({ env: secret(ServerEnv) }),
  progress: noProgress,
  reply: z.object({ plan: ServerPlan }),
  timeoutMs: 60_000,
});

/** What a host finds when it is asked whether a server could be made on it. */
export const hostPreflight = operation({
  subject: 'host.preflight',
  summary: 'Look at a host before a server is made on it',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({
    name: ServerName,
    image: ServerImage,
    ports: z.array(HostPort).max(16),
    /** Base name of its save folder. */
    worldName: z.string().min(1).max(64),
  }),
  progress: noProgress,
  reply: HostReadiness,
  timeoutMs: 45_000,
});

/** Goes on with a create that failed: the same server, with other settings where they were at fault. */
export const serverRetry = operation({
  subject: 'server.retry',
  summary: 'Continue a create that failed, with other settings where they were at fault',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:create',
  effect: 'write',
  request: z.object({
    server: ServerRef,
    env: secret(ServerEnv).optional().describe('settings in place of all there were'),
    set: secret(ServerEnv).optional().describe('settings that change; the others stay'),
    image: z.string().max(256).optional().describe('another image template, with :tag for another tag'),
    limits: ServerLimits.optional(),
    pull: serverCreate.request.shape.pull,
    start: z.boolean().optional().describe('start it when it is made'),
  }),
  progress: Step,
  reply: z.object({ id: z.string(), name: ServerName, state: ServerState, readyAt: z.iso.datetime().optional() }),
  timeoutMs: 120_000,
  lasting: 'job',
  lock: 'server',
});
