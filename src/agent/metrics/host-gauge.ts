import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Clock, isoTime } from '../../platform/clock.ts';
import type { DiskMetrics, HostMetrics } from '../../protocol/entities/metrics.ts';
import { numberAfter, readKernelFile } from './kernel-file.ts';

/** What {@link createHostGauge} needs. */
export interface HostGaugeDeps {
  /** Where the kernel shows its state: `/proc`. */
  readonly proc: string;
  readonly disks: () => Promise<DiskMetrics[]>;
  readonly clock: Clock;
}

interface CpuTime {
  readonly busy: number;
  readonly all: number;
}

/** Makes what measures this host; how busy its CPUs are is known from the second measurement on. */
export function createHostGauge({ proc, disks, clock }: HostGaugeDeps): () => Promise<HostMetrics> {
  const cpus = availableParallelism();
  let before: CpuTime | undefined;
  return async () => {
    const [loadavg, stat, meminfo, found] = await Promise.all([
      readKernelFile(join(proc, 'loadavg')),
      readKernelFile(join(proc, 'stat')),
      readKernelFile(join(proc, 'meminfo')),
      disks(),
    ]);
    const time = cpuTime(stat);
    const busy = time && before && busyShare(before, time);
    before = time;
    return {
      at: isoTime(clock.now()),
      ...loadOf(loadavg),
      ...(busy === undefined ? {} : { cpusBusy: rounded(busy * cpus) }),
      cpus,
      ...memoryOf(meminfo),
      disks: found,
    };
  };
}

/** A number of CPUs to the thousandth: more is noise. */
export function rounded(cpus: number): number {
  return Math.round(cpus * 1_000) / 1_000;
}

/** The first three numbers of /proc/loadavg. Source: proc_loadavg(5). */
function loadOf(text: string | undefined): Pick<HostMetrics, 'load'> {
  const [one, five, fifteen] = (text ?? '').split(' ').slice(0, 3).map(Number.parseFloat);
  if (one === undefined || five === undefined || fifteen === undefined) return {};
  return [one, five, fifteen].every(Number.isFinite) ? { load: [one, five, fifteen] } : {};
}

/**
 * The line `cpu` of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal, and two that are counted in user
 * and nice already. Who waits for a disk is not busy. Source: proc_stat(5).
 */
function cpuTime(text: string | undefined): CpuTime | undefined {
  const line = text?.split('\n').find((one) => one.startsWith('cpu '));
  const fields = line?.trim().split(/\s+/).slice(1, 9).map(Number) ?? [];
  if (fields.length < 4 || !fields.every(Number.isFinite)) return undefined;
  const all = fields.reduce((sum, one) => sum + one, 0);
  return { all, busy: all - (fields[3] ?? 0) - (fields[4] ?? 0) };
}

function busyShare(before: CpuTime, now: CpuTime): number | undefined {
  const all = now.all - before.all;
  return all > 0 ? Math.min(1, Math.max(0, (now.busy - before.busy) / all)) : undefined;
}

/** Numbers of /proc/meminfo, which are in KiB whatever its unit says. Source: proc_meminfo(5). */
function memoryOf(text: string | undefined): Partial<HostMetrics> {
  const bytes = (word: string): number | undefined => {
    const kilobytes = numberAfter(text, word);
    return kilobytes === undefined ? undefined : kilobytes * 1024;
  };
  const [total, available] = [bytes('MemTotal'), bytes('MemAvailable')];
  const [swap, swapFree] = [bytes('SwapTotal'), bytes('SwapFree')];
  return {
    ...(total === undefined ? {} : { memoryTotalBytes: total }),
    ...(available === undefined ? {} : { memoryAvailableBytes: available }),
    ...(swap === undefined || swapFree === undefined
      ? {}
      : { swapTotalBytes: swap, swapUsedBytes: Math.max(0, swap - swapFree) }),
  };
}
