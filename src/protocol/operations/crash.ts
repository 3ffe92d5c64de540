import * as z from 'zod';
import { Crash, CrashEvidence, HostCrash } from '../entities/crash.ts';
import { ServerRef } from '../entities/server.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

const CrashRef = z.string().min(1).max(64).describe('crash id');

/** Crashes kept by the hosts that are connected, newest first. */
export const crashList = operation({
  subject: 'crash.list',
  summary: 'List crashes, newest first',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({ server: ServerRef.optional().describe('only those of this server') }),
  progress: noProgress,
  reply: z.object({ crashes: z.array(HostCrash), silentHosts: z.array(z.string()) }),
  timeoutMs: 15_000,
});

/** One crash, with the last lines before it, what the server was, and what its host is. */
export const crashShow = operation({
  subject: 'crash.show',
  summary: 'Show a crash: why, and the last lines before it',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({ crash: CrashRef }),
  progress: noProgress,
  reply: CrashEvidence.extend({ host: z.string() }),
  timeoutMs: 15_000,
});

/** Crashes on an agent's disk, newest first. */
export const agentCrashes = operation({
  subject: 'agent.crashes',
  summary: 'List the crashes of a host',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({ id: z.string().max(64).optional(), serverId: z.string().max(64).optional() }),
  progress: noProgress,
  reply: z.object({ crashes: z.array(Crash).max(1000) }),
  timeoutMs: 10_000,
});

/** One crash on an agent's disk, with all that is kept of it. */
export const agentCrash = operation({
  subject: 'agent.crash',
  summary: 'Read a crash of a host',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({ id: z.string().max(64) }),
  progress: noProgress,
  reply: CrashEvidence,
  timeoutMs: 10_000,
});
