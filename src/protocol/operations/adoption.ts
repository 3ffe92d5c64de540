import * as z from 'zod';
import { AdoptionFacts, AdoptionPlan, AdoptionSource, AdoptionWay, UnmanagedServer } from '../entities/adoption.ts';
import { HostRef } from '../entities/host.ts';
import { Step } from '../entities/job.ts';
import { ServerEnv, ServerName, ServerState } from '../entities/server.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';
import { secret } from '../redact.ts';

const host = HostRef.optional().describe('host it is on; may be left out where there is one');

const Adoption = z.object({
  name: ServerName.describe('name the server shall have'),
  host,
  source: AdoptionSource,
  image: z
    .string()
    .max(256)
    .optional()
    .describe('image template, where its image tells none; with :tag for another tag'),
  /** What the compose service sets; the host is never told. */
  composeEnv: secret(ServerEnv).default({}),
  env: secret(ServerEnv).default({}).describe('settings that beat what is found'),
  way: AdoptionWay.optional().describe('how folders get to their place'),
});

/** What on a host looks like a game server and belongs to none of ZedOps. */
export const hostUnmanaged = operation({
  subject: 'host.unmanaged',
  summary: 'List what looks like a game server on a host and is not run by ZedOps',
  runsOn: 'manager',
  audience: 'people',
  target: 'host',
  permission: 'host:read',
  effect: 'read',
  request: z.object({ host }),
  progress: noProgress,
  reply: z.object({ host: z.string(), servers: z.array(UnmanagedServer) }),
  timeoutMs: 60_000,
});

/** Says what adopting would do, and does nothing. */
export const serverAdoptPlan = operation({
  subject: 'server.adopt-plan',
  summary: 'Show what adopting a server would do',
  runsOn: 'manager',
  audience: 'people',
  target: 'host',
  permission: 'server:create',
  effect: 'read',
  request: Adoption,
  progress: noProgress,
  reply: z.object({ plan: AdoptionPlan }),
  timeoutMs: 180_000,
});

/** Takes over a server that ZedOps did not make. What was there before stays until the adopted server is ready. */
export const serverAdopt = operation({
  subject: 'server.adopt',
  summary: 'Adopt a server that ZedOps did not make, with its world',
  runsOn: 'agent',
  audience: 'people',
  target: 'host',
  permission: 'server:create',
  effect: 'write',
  request: Adoption.extend({ start: z.boolean().default(true).describe('start it when it is adopted') }),
  progress: Step,
  reply: z.object({
    id: z.string(),
    name: ServerName,
    state: ServerState,
    readyAt: z.iso.datetime().optional(),
    /** Name under which the original container is kept, stopped. */
    keptAs: z.string().optional(),
  }),
  timeoutMs: 120_000,
  lasting: 'job',
  lock: 'server',
});

const KnownTemplate = z.object({
  id: z.string().max(64),
  registry: z.string().max(256),
  volumes: z.object({
    bin: z.string().max(256).optional(),
    data: z.string().max(256),
    workshop: z.string().max(256).optional(),
  }),
});

/** A template as far as an agent needs it to recognise a server. */
export type KnownTemplate = z.infer<typeof KnownTemplate>;

/** What looks like a game server on the host, for {@link hostUnmanaged}. */
export const agentUnmanaged = operation({
  subject: 'agent.unmanaged',
  summary: 'Look for game servers that are not ours',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({ templates: z.array(KnownTemplate).max(200) }),
  progress: noProgress,
  reply: z.object({ servers: z.array(UnmanagedServer).max(500) }),
  timeoutMs: 60_000,
});

/** All that can be known of a server before it is adopted. */
export const agentAdoption = operation({
  subject: 'agent.adoption',
  summary: 'Examine what a server is to be adopted from',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({
    name: ServerName,
    source: AdoptionSource,
    way: AdoptionWay.optional(),
    /** Id of the template to use; absent: that of the image. */
    template: z.string().max(64).optional(),
    templates: z.array(KnownTemplate).max(200),
  }),
  progress: noProgress,
  reply: AdoptionFacts,
  timeoutMs: 180_000,
});
