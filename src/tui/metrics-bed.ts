import type { FakeAnswer } from '../client/fake-manager.ts';
import type { FleetServer } from '../protocol/entities/fleet.ts';
import type { HostSummary } from '../protocol/entities/host.ts';
import type { HostMetrics, MetricsNews, ServerMetrics, ServerTrendPoint } from '../protocol/entities/metrics.ts';
import { bedTime } from './tui-bed.ts';

const gib = 2 ** 30;
const at = new Date(bedTime).toISOString();

/** What a host of a test's fleet takes. */
export function someHostMetrics(changes: Partial<HostMetrics> = {}): HostMetrics {
  return {
    at,
    load: [3.42, 2.9, 2.1],
    cpusBusy: 5.2,
    cpus: 16,
    memoryTotalBytes: 64 * gib,
    memoryAvailableBytes: 23 * gib,
    swapTotalBytes: 8 * gib,
    swapUsedBytes: 0,
    disks: [
      { folders: [{ path: '/srv', use: 'data-root' }], totalBytes: 900 * gib, freeBytes: 120 * gib },
      { folders: [{ path: '/var/lib/docker', use: 'engine' }], totalBytes: 100 * gib, freeBytes: 61 * gib },
    ],
    ...changes,
  };
}

/** What a server of a test's fleet takes. */
export function someServerMetrics(changes: Partial<ServerMetrics> = {}): ServerMetrics {
  return {
    at,
    cpusBusy: 1.42,
    cpusLimit: 4,
    memoryBytes: Math.round(6.3 * gib),
    memoryLimitBytes: 16 * gib,
    startedAt: new Date(bedTime - 7_900_000).toISOString(),
    ...changes,
  };
}

/** The last quarter of an hour of a server that was looked at every half minute: it rises to what it is now. */
export function someTrend(now: ServerMetrics, players = 12): readonly ServerTrendPoint[] {
  return Array.from({ length: 30 }, (_, index) => ({
    at: new Date(bedTime - (29 - index) * 30_000).toISOString(),
    cpusBusy: (now.cpusBusy ?? 0) * (0.5 + index / 58) * (index % 5 === 0 ? 0.6 : 1),
    memoryBytes: Math.round((now.memoryBytes ?? 0) * (0.7 + index / 97)),
    players: Math.round((players * index) / 29),
  }));
}

/** Answers of a manager whose online hosts and running servers are measured, and a way to tell what comes then. */
export function metricsAnswers(servers: readonly FleetServer[], hosts: readonly HostSummary[]) {
  let send: (news: MetricsNews) => void = () => undefined;
  const running = servers.filter(({ state }) => state === 'ready' || state === 'starting');
  const measured = running.map(({ id }, index) => ({
    ...someServerMetrics({ cpusBusy: 1.42 / (index + 1), memoryBytes: Math.round((6.3 * gib) / (index + 1)) }),
    id,
  }));
  const answers: Record<string, FakeAnswer> = {
    'fleet.metrics'({ progress }) {
      send = progress;
      send({
        isFirst: true,
        hosts: hosts
          .filter(({ connection }) => connection === 'online')
          .map(({ id }, index) => ({ ...someHostMetrics({ load: [3.42 / (index + 1), 2.9, 2.1] }), id })),
        servers: measured,
        goneHosts: [],
        goneServers: [],
      });
      return new Promise(() => undefined);
    },
    'server.metrics'() {
      const now = measured[0];
      return { now, trend: now === undefined ? [] : someTrend(now) };
    },
  };
  return {
    answers,
    tell: (news: Partial<MetricsNews>) =>
      send({ isFirst: false, hosts: [], servers: [], goneHosts: [], goneServers: [], ...news }),
  };
}
