import * as z from 'zod';
import { HostRef } from '../entities/host.ts';
import { Job, Step } from '../entities/job.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

const JobRef = z.string().min(1).max(64).describe('job id');

/** Jobs of all hosts that are connected, newest first. */
export const jobList = operation({
  subject: 'job.list',
  summary: 'List jobs, newest first',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({ host: HostRef.optional().describe('only those of this host') }),
  progress: noProgress,
  reply: z.object({ jobs: z.array(Job), silentHosts: z.array(z.string()) }),
  timeoutMs: 15_000,
});

/** One job. */
export const jobShow = operation({
  subject: 'job.show',
  summary: 'Show a job',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({ job: JobRef }),
  progress: noProgress,
  reply: z.object({ job: Job }),
  timeoutMs: 15_000,
});

/** Follows a job to its end, for a caller who left and came back. */
export const jobWatch = operation({
  subject: 'job.watch',
  summary: 'Follow a job until it ends',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({ job: JobRef }),
  progress: Step,
  reply: z.object({ job: Job }),
  timeoutMs: 0,
});

/** Asks a running job to stop at the next safe place. */
export const jobCancel = operation({
  subject: 'job.cancel',
  summary: 'Cancel a running job at its next safe place',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:control',
  effect: 'write',
  request: z.object({ job: JobRef }),
  progress: noProgress,
  reply: z.object({ job: Job }),
  timeoutMs: 60_000,
});
