import * as z from 'zod';

const amount = z.number().min(0);
const bytes = z.int().min(0);

/** A file system of a host with what ZedOps has on it. Folders on the same one share a row. */
export const DiskMetrics = z.object({
  folders: z
    .array(z.object({ path: z.string().max(4096), use: z.enum(['data-root', 'engine']) }))
    .min(1)
    .max(64),
  totalBytes: bytes.optional(),
  /** What may still be written by whoever is not root. */
  freeBytes: bytes.optional(),
  /** Why its numbers are not known, such as a network mount that does not answer. */
  problem: z.string().max(256).optional(),
});
export type DiskMetrics = z.infer<typeof DiskMetrics>;

/** How loaded a host is. What its system does not tell is absent. */
export const HostMetrics = z.object({
  /** When it was measured, by the host's clock. */
  at: z.iso.datetime(),
  /** Processes that run or wait to, on average over the last 1, 5 and 15 minutes. */
  load: z.tuple([amount, amount, amount]).optional(),
  /** CPUs busy on average since the measurement before: 1.5 is one and a half. */
  cpusBusy: amount.optional(),
  cpus: z.int().min(1),
  memoryTotalBytes: bytes.optional(),
  /** What programs could still have without swapping. */
  memoryAvailableBytes: bytes.optional(),
  swapTotalBytes: bytes.optional(),
  swapUsedBytes: bytes.optional(),
  disks: z.array(DiskMetrics).max(65),
});
export type HostMetrics = z.infer<typeof HostMetrics>;

/** What a running server takes of its host. What is not known is absent. */
export const ServerMetrics = z.object({
  /** When it was measured, by the host's clock. */
  at: z.iso.datetime(),
  /** CPUs it kept busy on average since the measurement before: 1 is one whole core. */
  cpusBusy: amount.optional(),
  /** CPUs it may keep busy; absent where it has no limit. */
  cpusLimit: amount.optional(),
  /** Memory it works with: what it uses without the file cache that can be given up. */
  memoryBytes: bytes.optional(),
  /** Memory it may use; absent where it has no limit. */
  memoryLimitBytes: bytes.optional(),
  /** When its container or process was started. */
  startedAt: z.iso.datetime({ offset: true }).optional(),
});
export type ServerMetrics = z.infer<typeof ServerMetrics>;

/** Points of one trend at most: a quarter of an hour, one every five seconds. */
export const mostTrendPoints = 180;

/** A host at one moment of the last quarter of an hour. */
export const HostTrendPoint = z.object({
  at: z.iso.datetime(),
  cpusBusy: amount.optional(),
  memoryUsedBytes: bytes.optional(),
  /** The load of one minute. */
  load: amount.optional(),
});
export type HostTrendPoint = z.infer<typeof HostTrendPoint>;

/** A server at one moment of the last quarter of an hour. */
export const ServerTrendPoint = z.object({
  at: z.iso.datetime(),
  cpusBusy: amount.optional(),
  memoryBytes: bytes.optional(),
  /** How many were online. */
  players: z.int().min(0).optional(),
});
export type ServerTrendPoint = z.infer<typeof ServerTrendPoint>;

/** Everything one host measures, at one moment: itself and each server that runs. */
export const HostReading = z.object({
  host: HostMetrics,
  servers: z.array(ServerMetrics.extend({ id: z.string().max(64) })).max(1000),
});
export type HostReading = z.infer<typeof HostReading>;

/** What has changed of the fleet's metrics since the piece before. */
export const MetricsNews = z.object({
  /** True for the first piece: what a viewer had from before is void. */
  isFirst: z.boolean(),
  hosts: z.array(HostMetrics.extend({ id: z.string() })).max(500),
  servers: z.array(ServerMetrics.extend({ id: z.string() })).max(500),
  /** Ids of hosts and servers of which nothing is known any more, or not for this viewer. */
  goneHosts: z.array(z.string()),
  goneServers: z.array(z.string()),
});
export type MetricsNews = z.infer<typeof MetricsNews>;

/** The metrics of hosts and servers as they are now, with their names. */
export const FleetMetrics = z.object({
  hosts: z.array(HostMetrics.extend({ id: z.string(), name: z.string() })),
  servers: z.array(ServerMetrics.extend({ id: z.string(), name: z.string(), host: z.string() })),
});
export type FleetMetrics = z.infer<typeof FleetMetrics>;
