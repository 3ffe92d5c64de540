import type { FleetMetrics, HostMetrics, ServerMetrics } from '../../protocol/entities/metrics.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { fleetMetrics, hostMetrics, serverMetrics } from '../../protocol/operations/metrics.ts';
import type { Context } from '../grammar/command.ts';

/** Why metrics that are shown beside something else may be missing without that being a failure. */
const mayMiss = ['UNSUPPORTED', 'FORBIDDEN', 'NOT_FOUND', 'UNREACHABLE', 'TIMEOUT'];

/** Metrics where they can be had: an older manager or agent, or one that is busy, keeps nothing else from being shown. */
async function ifKnown<Known>(asking: Promise<Known>): Promise<Known | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof ZedopsError && mayMiss.includes(error.code)) return undefined;
    throw error;
  }
}

/** What a server takes now; undefined where that cannot be known. */
export async function metricsOfServer(server: string, context: Context): Promise<ServerMetrics | undefined> {
  const manager = await context.manager();
  return (await ifKnown(manager.call(serverMetrics, { server }, context.signal)))?.now;
}

/** How loaded a host is now; undefined where that cannot be known. */
export async function metricsOfHost(host: string, context: Context): Promise<HostMetrics | undefined> {
  const manager = await context.manager();
  return (await ifKnown(manager.call(hostMetrics, { host }, context.signal)))?.now;
}

/** What all servers and hosts take now, by their ids; undefined where that cannot be known. */
export async function metricsOfFleet(
  context: Context,
): Promise<{ readonly [Kind in keyof FleetMetrics]: ReadonlyMap<string, FleetMetrics[Kind][number]> } | undefined> {
  const manager = await context.manager();
  const known = await ifKnown(manager.call(fleetMetrics, {}, context.signal));
  return known && { hosts: byId(known.hosts), servers: byId(known.servers) };
}

function byId<Row extends { readonly id: string }>(rows: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(rows.map((row) => [row.id, row]));
}
