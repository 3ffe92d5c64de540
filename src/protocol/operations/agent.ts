import * as z from 'zod';
import { HostFacts } from '../entities/host.ts';
import { Job, Step } from '../entities/job.ts';
import { LogCursor, LogItem } from '../entities/log.ts';
import { DesiredServer, ObservedServer } from '../entities/server.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

/** Keeps the manager's mirror of a host: everything at first, then each change as it happens. Runs while connected. */
export const agentWatch = operation({
  subject: 'agent.watch',
  summary: 'Mirror what a host observes',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({
    /** Every server the manager has on this host: the agent takes what is newer and reports what it finds. */
    desired: z.array(DesiredServer).max(1000),
  }),
  progress: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('snapshot'), facts: HostFacts, servers: z.array(ObservedServer) }),
    z.object({ kind: z.literal('server'), server: ObservedServer }),
    z.object({ kind: z.literal('facts'), facts: HostFacts }),
  ]),
  reply: z.object({}),
  timeoutMs: 0,
});

/** A server's log as its host has it; the manager's feed is the only asker. */
export const agentLogs = operation({
  subject: 'agent.logs',
  summary: 'Stream a server’s log from its host',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({
    serverId: z.string(),
    follow: z.boolean(),
    tail: z.int().min(0).optional(),
    since: z.iso.datetime().optional(),
    after: LogCursor.optional(),
    /** Last line wanted; the stream ends with it. */
    through: z.int().min(0).optional(),
  }),
  progress: LogItem,
  reply: z.object({ cursor: LogCursor.optional() }),
  timeoutMs: 0,
});

/** Lets an agent measure its own round trip to the manager. */
export const agentPing = operation({
  subject: 'agent.ping',
  summary: 'Measure the round trip from a host',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({}),
  progress: noProgress,
  reply: z.object({ roundTripMs: z.number() }),
  timeoutMs: 15_000,
});

/** Jobs on an agent's disk. */
export const agentJobs = operation({
  subject: 'agent.jobs',
  summary: 'List the jobs of a host',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({ id: z.string().optional() }),
  progress: noProgress,
  reply: z.object({ jobs: z.array(Job) }),
  timeoutMs: 10_000,
});

/** Follows one job on an agent to its end. */
export const agentJobWatch = operation({
  subject: 'agent.job-watch',
  summary: 'Follow a job of a host',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({ id: z.string() }),
  progress: Step,
  reply: z.object({ job: Job }),
  timeoutMs: 0,
});

/** Cancels one job on an agent. */
export const agentJobCancel = operation({
  subject: 'agent.job-cancel',
  summary: 'Cancel a job of a host',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'write',
  request: z.object({ id: z.string() }),
  progress: noProgress,
  reply: z.object({ job: Job }),
  timeoutMs: 60_000,
});
