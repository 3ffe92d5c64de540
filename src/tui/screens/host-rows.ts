import type { HostSummary } from '../../protocol/entities/host.ts';
import type { HostMetrics } from '../../protocol/entities/metrics.ts';
import { type Column, unknown } from '../components/columns.ts';
import { detail } from '../components/ListScreen.tsx';
import type { Piece } from '../pieces.ts';
import { dayAndTime } from '../spans.ts';
import type { Metrics } from '../store/state.ts';
import { toneOf } from '../theme.ts';
import { hostColumns } from './fleet-columns.ts';
import { hostMemoryUsed, percent, shortBytes, toneOfShare } from './metrics-cells.ts';

/** The columns of the list of hosts. */
export function hostListColumns(metrics: Pick<Metrics, 'hosts'>): readonly Column<HostSummary>[] {
  return [
    ...hostColumns(metrics),
    { title: 'TAGS', isRare: true, priority: 8, most: 24, least: 8, cell: ({ tags }) => tags?.join(' ') ?? unknown },
  ];
}

/** All that is known of a host. */
export function hostDetails(host: HostSummary, measured?: HostMetrics): readonly (readonly Piece[])[] {
  const { facts, connection } = host;
  const problem = facts?.runtime.problem;
  return [
    ...detail('connection', [toneOf(connection), connection], lastHeard(host)),
    ...(connection === 'online' && measured !== undefined ? loadDetails(measured) : []),
    ...detail('engine', facts && [problem === undefined ? 'plain' : 'bad', engineText(facts.runtime)]),
    ...detail('machine', facts && `${facts.hostname}, ${facts.platform}, ${facts.kernel}`),
    ...detail('size', facts && `${facts.cpus} CPUs, ${Math.round(facts.memoryBytes / 2 ** 30)} GiB of memory`),
    ...detail('agent', facts && `${facts.agentVersion} on Node ${facts.nodeVersion}`),
    ...detail('servers in', facts?.dataRoot),
    ...detail('tags', host.tags?.join(' ')),
    ...detail('joined', dayAndTime(host.joinedAt)),
    ...detail('certificate', host.certificateExpiresAt && `until ${dayAndTime(host.certificateExpiresAt)}`),
  ];
}

function loadDetails(metrics: HostMetrics): readonly (readonly Piece[])[] {
  const { load, cpusBusy, cpus, memoryTotalBytes, swapTotalBytes, swapUsedBytes, disks } = metrics;
  const used = hostMemoryUsed(metrics);
  const busy = cpusBusy === undefined ? '' : `${percent(cpusBusy / cpus)} of ${cpus} CPUs`;
  const average = load === undefined ? '' : `load ${load.map((one) => one.toFixed(2)).join(' ')}`;
  const swap = swapTotalBytes ? `, swap ${shortBytes(swapUsedBytes ?? 0)} of ${shortBytes(swapTotalBytes)}` : '';
  return [
    ...detail('busy', [busy, average].filter(Boolean).join(', ') || undefined),
    ...detail(
      'memory',
      used === undefined || memoryTotalBytes === undefined
        ? undefined
        : [toneOfShare(used / memoryTotalBytes), `${shortBytes(used)} of ${shortBytes(memoryTotalBytes)}`],
      ['dim', swap],
    ),
    ...disks.flatMap(({ folders, freeBytes, totalBytes, problem }) => {
      const where: Piece = ['dim', ` · ${folders.map(({ path }) => path).join(', ')}`];
      if (problem !== undefined) return detail('disk', ['bad', problem], where);
      if (freeBytes === undefined || !totalBytes) return [];
      const tone = toneOfShare(1 - freeBytes / totalBytes);
      return detail('disk', [tone, `${shortBytes(freeBytes)} free of ${shortBytes(totalBytes)}`], where);
    }),
  ];
}

function lastHeard({ connection, lastSeenAt }: HostSummary): Piece | undefined {
  return connection === 'online' || lastSeenAt === undefined
    ? undefined
    : ['dim', ` · last heard ${dayAndTime(lastSeenAt)}`];
}

function engineText({ kind, version, problem }: NonNullable<HostSummary['facts']>['runtime']): string {
  if (problem !== undefined) return `${kind} does not answer: ${problem}`;
  return version === undefined ? kind : `${kind} ${version}`;
}
