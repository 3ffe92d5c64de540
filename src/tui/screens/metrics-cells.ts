import type { HostMetrics, ServerMetrics } from '../../protocol/entities/metrics.ts';
import type { SeenServer } from '../store/state.ts';
import type { Tone } from '../theme.ts';

const gib = 2 ** 30;
/** States of a server that has no process: what was measured before is of no interest any more. */
const still: readonly SeenServer['state'][] = ['stopped', 'crashed', 'failed', 'missing', 'lost', 'deleted'];

/** What a server takes, unless it does not run. */
export function runningMetrics(
  { id, state }: Pick<SeenServer, 'id' | 'state'>,
  known: ReadonlyMap<string, ServerMetrics>,
): ServerMetrics | undefined {
  return still.includes(state) ? undefined : known.get(id);
}

/** CPU of a server in hundredths of one core, as `docker stats` has it: `142%`. */
export function cpuCell(metrics: Pick<ServerMetrics, 'cpusBusy'> | undefined): string | undefined {
  return metrics?.cpusBusy === undefined ? undefined : `${Math.round(metrics.cpusBusy * 100)}%`;
}

/** `640M`, `3.1G`: binary units in a few cells. */
export function shortBytes(bytes: number): string {
  if (bytes < 1000 * 2 ** 20) return `${Math.round(bytes / 2 ** 20)}M`;
  if (bytes < 100 * gib) return `${(bytes / gib).toFixed(1)}G`;
  return bytes < 1000 * gib ? `${Math.round(bytes / gib)}G` : `${(bytes / 1024 / gib).toFixed(1)}T`;
}

/** How near to its end something is: a word for the eye. `share` is from 0 to 1. */
export function toneOfShare(share: number): Tone {
  return share >= 0.95 ? 'bad' : share >= 0.85 ? 'warn' : 'plain';
}

/** The share of a server's memory limit that it uses; undefined where it has none. */
export function memoryShare(metrics: ServerMetrics | undefined): number | undefined {
  const { memoryBytes, memoryLimitBytes } = metrics ?? {};
  return memoryBytes === undefined || !memoryLimitBytes ? undefined : memoryBytes / memoryLimitBytes;
}

/** Memory a host has in use; undefined where that is not known. */
export function hostMemoryUsed(metrics: HostMetrics | undefined): number | undefined {
  const { memoryTotalBytes: total, memoryAvailableBytes: available } = metrics ?? {};
  return total === undefined || available === undefined ? undefined : total - available;
}

/** How full the fullest disk of a host is, from 0 to 1; `silent` where one does not answer. */
export function fullestDisk(metrics: HostMetrics | undefined): number | 'silent' | undefined {
  if (metrics === undefined) return undefined;
  if (metrics.disks.some(({ problem }) => problem !== undefined)) return 'silent';
  const shares = metrics.disks.flatMap(({ freeBytes, totalBytes }) =>
    freeBytes === undefined || !totalBytes ? [] : [1 - freeBytes / totalBytes],
  );
  return shares.length === 0 ? undefined : Math.max(...shares);
}

/** A share in hundredths. */
export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
