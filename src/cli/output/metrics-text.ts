import type { DiskMetrics, HostMetrics, ServerMetrics } from '../../protocol/entities/metrics.ts';
import { bytes, type Cell, duration } from './format.ts';

/** CPU of a server as `docker stats` counts it: `142%` is one core and 42 hundredths of another. */
export function cpuText(metrics: Pick<ServerMetrics, 'cpusBusy'> | undefined): string | undefined {
  return metrics?.cpusBusy === undefined ? undefined : `${Math.round(metrics.cpusBusy * 100)}%`;
}

/** `3.1 GiB of 6 GiB`; without a limit, `3.1 GiB`. */
export function memoryText(metrics: ServerMetrics | undefined): string | undefined {
  if (metrics?.memoryBytes === undefined) return undefined;
  const { memoryBytes, memoryLimitBytes } = metrics;
  return memoryLimitBytes === undefined ? bytes(memoryBytes) : `${bytes(memoryBytes)} of ${bytes(memoryLimitBytes)}`;
}

/** Seconds since the container was started, both times by its host's clock. */
export function upText(metrics: ServerMetrics | undefined): string | undefined {
  if (metrics?.startedAt === undefined) return undefined;
  return duration(Math.max(0, (Date.parse(metrics.at) - Date.parse(metrics.startedAt)) / 1000));
}

/** What of a server is told under its name: CPU of one core and of its limit, memory, time since its start. */
export function serverUse(metrics: ServerMetrics | undefined): readonly (readonly [string, Cell])[] {
  const { cpusBusy, cpusLimit } = metrics ?? {};
  const ofLimit =
    cpusBusy === undefined || cpusLimit === undefined
      ? ''
      : `, ${Math.round((cpusBusy / cpusLimit) * 100)}% of its ${cpusLimit}`;
  const cpu = cpuText(metrics);
  return [
    ['uses CPU', cpu === undefined ? undefined : `${cpu} of one core${ofLimit}`],
    ['uses memory', memoryText(metrics)],
    ['runs for', upText(metrics)],
  ];
}

/** The load of a host in one word: `0.52`. */
export function loadText(metrics: HostMetrics | undefined): string | undefined {
  return metrics?.load?.[0].toFixed(2);
}

/** Memory a host has in use, of all it has: `3.1 GiB of 8 GiB`. */
export function hostMemoryText(metrics: HostMetrics | undefined): string | undefined {
  const { memoryTotalBytes: total, memoryAvailableBytes: available } = metrics ?? {};
  return total === undefined || available === undefined ? undefined : `${bytes(total - available)} of ${bytes(total)}`;
}

/** The disk that is nearest to full: `120 GiB free`. One that does not answer is worse than any. */
export function diskText(metrics: HostMetrics | undefined): string | undefined {
  const disks = metrics?.disks ?? [];
  if (disks.some(({ problem }) => problem !== undefined)) return 'a disk does not answer';
  const fullest = disks
    .filter((disk) => disk.freeBytes !== undefined)
    .toSorted((a, b) => freeShare(a) - freeShare(b))[0];
  return fullest?.freeBytes === undefined ? undefined : `${bytes(fullest.freeBytes)} free`;
}

/** All of a host's load, memory and disks under their names. */
export function hostUse(metrics: HostMetrics | undefined): readonly (readonly [string, Cell])[] {
  if (metrics === undefined) return [];
  const { load, cpusBusy, cpus, swapTotalBytes, swapUsedBytes, disks } = metrics;
  return [
    ['load', load?.map((one) => one.toFixed(2)).join(' ')],
    ['CPU', cpusBusy === undefined ? undefined : `${Math.round((cpusBusy / cpus) * 100)}% of ${cpus} busy`],
    ['memory', hostMemoryText(metrics)],
    [
      'swap',
      swapUsedBytes === undefined || !swapTotalBytes
        ? undefined
        : `${bytes(swapUsedBytes)} of ${bytes(swapTotalBytes)}`,
    ],
    ...disks.map((disk): readonly [string, Cell] => ['disk', diskLine(disk)]),
  ];
}

function diskLine({ folders, freeBytes, totalBytes, problem }: DiskMetrics): string {
  const where = folders
    .map(({ path, use }) => (use === 'engine' ? `${path} (images)` : `${path} (servers)`))
    .join(', ');
  if (problem !== undefined) return `${where}: ${problem}`;
  if (freeBytes === undefined || totalBytes === undefined) return where;
  return `${where}: ${bytes(freeBytes)} free of ${bytes(totalBytes)}`;
}

function freeShare({ freeBytes = 0, totalBytes = 0 }: DiskMetrics): number {
  return totalBytes === 0 ? 1 : freeBytes / totalBytes;
}
