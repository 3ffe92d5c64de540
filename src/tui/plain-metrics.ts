import type { HostMetrics, MetricsNews, ServerMetrics } from '../protocol/entities/metrics.ts';
import { cpuCell, fullestDisk, hostMemoryUsed, memoryShare, percent, shortBytes } from './screens/metrics-cells.ts';

/** What {@link createPlainMetrics} needs. */
export interface PlainMetricsOptions {
  /** A host or server by its id, as it is spoken of: `host box-1`; undefined while it is not known. */
  readonly nameOf: (id: string) => string | undefined;
  readonly say: (sentence: string) => void;
}

/** Shares from which on something is tight, and all but used up; how far below one it must fall to count as less again. */
const steps = [0.85, 0.95] as const;
const slack = 0.03;

/**
 * Tells what hosts and servers take: once, and then only when memory or a disk comes near its end or gets away from it.
 * Numbers that are told whenever they change would be all there is to hear.
 */
export function createPlainMetrics({ nameOf, say }: PlainMetricsOptions): (news: MetricsNews) => void {
  const told = new Map<string, readonly Level[]>();
  const tell = (id: string, shares: readonly Share[], sentence: string): void => {
    const name = nameOf(id);
    const before = told.get(id);
    const levels = shares.map((share, index) => levelOf(share, before?.[index]));
    if (name === undefined || sentence === '' || levels.join() === before?.join()) return;
    told.set(id, levels);
    say(`${name}: ${sentence}`);
  };
  return (news) => {
    for (const id of [...news.goneHosts, ...news.goneServers]) told.delete(id);
    for (const host of news.hosts) {
      const used = hostMemoryUsed(host);
      const memory = used === undefined || !host.memoryTotalBytes ? undefined : used / host.memoryTotalBytes;
      tell(host.id, [memory, fullestDisk(host)], hostUse(host));
    }
    for (const server of news.servers) tell(server.id, [memoryShare(server)], serverUse(server));
  };
}

type Share = number | 'silent' | undefined;
/** How many {@link steps} a share has passed. */
type Level = number | 'silent' | 'unknown';

function levelOf(share: Share, before: Level | undefined): Level {
  if (typeof share !== 'number') return share ?? 'unknown';
  return steps.filter((step, index) => share >= (typeof before === 'number' && before > index ? step - slack : step))
    .length;
}

function hostUse(metrics: HostMetrics): string {
  const used = hostMemoryUsed(metrics);
  const { load, memoryTotalBytes } = metrics;
  const disk = fullestDisk(metrics);
  return [
    ...(load === undefined ? [] : [`load ${load[0].toFixed(2)} on ${metrics.cpus} CPUs`]),
    ...(used === undefined || memoryTotalBytes === undefined
      ? []
      : [`memory ${shortBytes(used)} of ${shortBytes(memoryTotalBytes)}`]),
    ...(disk === undefined ? [] : [disk === 'silent' ? 'a disk does not answer' : `disk ${percent(disk)} full`]),
  ].join(', ');
}

function serverUse(metrics: ServerMetrics): string {
  const { memoryBytes, memoryLimitBytes } = metrics;
  const limit = memoryLimitBytes === undefined ? '' : ` of ${shortBytes(memoryLimitBytes)}`;
  const cpu = cpuCell(metrics);
  return [
    ...(cpu === undefined ? [] : [`CPU ${cpu} of one core`]),
    ...(memoryBytes === undefined ? [] : [`memory ${shortBytes(memoryBytes)}${limit}`]),
  ].join(', ');
}
