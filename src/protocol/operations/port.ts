import * as z from 'zod';
import { HostRef } from '../entities/host.ts';
import { HostPort, PortSet, TakenPort } from '../entities/port.ts';
import { Port } from '../entities/server.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

/** Which ports of a host are not free: its sockets by protocol, and what any container publishes, running or not. */
export const hostPorts = operation({
  subject: 'host.ports',
  summary: 'Say which ports of a host are taken, and by what',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  /** Without ports, all that are taken. */
  request: z.object({ ports: z.array(HostPort).max(512).optional() }),
  progress: noProgress,
  reply: z.object({ taken: z.array(TakenPort).max(4096) }),
  timeoutMs: 20_000,
});

/** The ports of servers, host by host. */
export const portList = operation({
  subject: 'port.list',
  summary: 'List the ports of servers, and on request all that are taken',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({
    host: HostRef.optional().describe('only those of this host'),
    all: z.boolean().default(false).describe('also what other containers and programs have'),
  }),
  progress: noProgress,
  reply: z.object({
    ports: z.array(TakenPort.extend({ host: z.string() })),
    /** Hosts that could not be asked for the rest. */
    silentHosts: z.array(z.string()),
  }),
  timeoutMs: 30_000,
});

/** Whether ports are free, in the fleet's plan and on the host. */
export const portCheck = operation({
  subject: 'port.check',
  summary: 'Check whether ports of a host are free, and who has them',
  runsOn: 'manager',
  audience: 'people',
  target: 'host',
  permission: 'host:read',
  effect: 'read',
  request: z.object({
    ports: z.array(HostPort).min(1).max(64).describe('ports, such as 16261 or 27015/tcp'),
    host: HostRef.optional().describe('host; may be left out where there is one'),
  }),
  progress: noProgress,
  reply: z.object({
    host: z.string(),
    free: z.array(HostPort),
    taken: z.array(TakenPort),
    /** Why the host itself was not asked: only the fleet's plan was checked. */
    unchecked: z.string().optional(),
  }),
  timeoutMs: 30_000,
});

/** Free ports for new servers. */
export const portSuggest = operation({
  subject: 'port.suggest',
  summary: 'Suggest free ports for new servers',
  runsOn: 'manager',
  audience: 'people',
  target: 'host',
  permission: 'host:read',
  effect: 'read',
  request: z.object({
    host: HostRef.optional().describe('host; may be left out where there is one'),
    count: z.int().min(1).max(50).default(1).describe('for how many servers'),
    from: Port.default(16_261).describe('first game port to try'),
    to: Port.default(16_400).describe('last port of the range'),
    step: z
      .int()
      .min(2)
      .max(1000)
      .default(2)
      .describe('from one game port to the next; the direct port is the one after'),
  }),
  progress: noProgress,
  reply: z.object({
    host: z.string(),
    /** Fewer than asked for where the range has no more. */
    sets: z.array(PortSet),
    unchecked: z.string().optional(),
  }),
  timeoutMs: 30_000,
});
