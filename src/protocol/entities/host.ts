import * as z from 'zod';
import { Tags } from './tag.ts';

/** A host's name: unique in the fleet, chosen by whoever invited it. */
export const HostName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, 'a host name has 1 to 63 of a-z, 0-9, dots and inner dashes');

/** Names a host in a request: its name or its id. */
export const HostRef = z.string().min(1).max(64).describe('host, by name or id');

/** What runs the game on a host: a Docker engine, or plain supervised processes. */
export const RuntimeKind = z.enum(['docker', 'process']);
export type RuntimeKind = z.infer<typeof RuntimeKind>;

/** What an agent knows of the machine it runs on. */
export const HostFacts = z.object({
  hostname: z.string(),
  platform: z.string(),
  kernel: z.string(),
  cpus: z.int(),
  memoryBytes: z.number(),
  agentVersion: z.string(),
  nodeVersion: z.string(),
  dataRoot: z.string(),
  runtime: z.object({
    kind: RuntimeKind,
    /** The engine's version; absent while it does not answer. */
    version: z.string().optional(),
    /** Why the engine does not answer. */
    problem: z.string().optional(),
  }),
  /** The agent's clock when it wrote this. */
  clock: z.iso.datetime(),
});
export type HostFacts = z.infer<typeof HostFacts>;

/** One row of `host list`. */
export const HostSummary = z.object({
  id: z.string(),
  name: HostName,
  /** `invited`: never joined. `revoked`: its certificate is refused. */
  connection: z.enum(['online', 'offline', 'invited', 'revoked']),
  /** The last measured round trip in milliseconds; absent unless online. */
  latencyMs: z.number().optional(),
  lastSeenAt: z.iso.datetime().optional(),
  servers: z.int(),
  facts: HostFacts.optional(),
  joinedAt: z.iso.datetime().optional(),
  certificateExpiresAt: z.iso.datetime().optional(),
  /** Absent where it has none. */
  tags: Tags.optional(),
});
export type HostSummary = z.infer<typeof HostSummary>;
