import * as z from 'zod';
import { HostRef } from '../entities/host.ts';
import {
  FleetMetrics,
  HostMetrics,
  HostReading,
  HostTrendPoint,
  MetricsNews,
  mostTrendPoints,
  ServerMetrics,
  ServerTrendPoint,
} from '../entities/metrics.ts';
import { ServerRef } from '../entities/server.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

/** What the fleet takes now; while it is followed, also what it takes from then on. */
export const fleetMetrics = operation({
  subject: 'fleet.metrics',
  summary: 'Show CPU, memory and disk of hosts and servers',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({
    follow: z.boolean().default(false).describe('stay for what comes; the answer then has no rows'),
  }),
  progress: MetricsNews,
  reply: FleetMetrics,
  timeoutMs: 0,
});

/** What one server takes now and took in the last quarter of an hour. */
export const serverMetrics = operation({
  subject: 'server.metrics',
  summary: 'Show CPU and memory of a server, and their last quarter of an hour',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:read',
  effect: 'read',
  request: z.object({ server: ServerRef }),
  progress: noProgress,
  reply: z.object({
    /** Absent while the server does not run. */
    now: ServerMetrics.optional(),
    /** Oldest first. */
    trend: z.array(ServerTrendPoint).max(mostTrendPoints),
  }),
  timeoutMs: 15_000,
});

/** How loaded one host is now and was in the last quarter of an hour. */
export const hostMetrics = operation({
  subject: 'host.metrics',
  summary: 'Show load, memory and disks of a host, and their last quarter of an hour',
  runsOn: 'agent',
  audience: 'people',
  target: 'host',
  permission: 'host:read',
  effect: 'read',
  request: z.object({ host: HostRef }),
  progress: noProgress,
  reply: z.object({ now: HostMetrics, trend: z.array(HostTrendPoint).max(mostTrendPoints) }),
  timeoutMs: 15_000,
});

/** Everything a host measures; followed, one reading after the other. Only then does the host measure often. */
export const agentMetrics = operation({
  subject: 'agent.metrics',
  summary: 'Read what a host measures',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({ follow: z.boolean() }),
  progress: HostReading,
  reply: z.object({}),
  timeoutMs: 0,
});
