import { join } from 'node:path';
import { numberAfter, readKernelFile, wholeNumber } from '../metrics/kernel-file.ts';
import type { Usage } from './usage.ts';

/** Where the kernel shows its processes and its control groups. */
export interface KernelFolders {
  readonly proc: string;
  readonly cgroups: string;
}

/** A limit as large as this is the kernel's way to say that there is none (version 1 of the control groups). */
const noLimit = 2 ** 60;

/**
 * Reads what a container uses from the kernel's control groups, version 1 or 2: half a dozen small files, a tenth of a
 * millisecond each, where a question to the engine costs it a look at everything and takes up to a second.
 * Undefined where that cannot be: the engine is elsewhere, or its groups are not to be seen from here.
 * Source: cgroup-v2.rst and cgroup-v1/{memory,cpuacct}.rst of the kernel.
 */
export async function readCgroupUsage(
  { proc, cgroups }: KernelFolders,
  { id, pid }: { readonly id: string; readonly pid?: number | undefined },
): Promise<Usage | undefined> {
  if (pid === undefined) return undefined;
  const text = await readKernelFile(join(proc, String(pid), 'cgroup'));
  const groups = groupsOf(text ?? '');
  // A number that an engine elsewhere tells is another process here; a path that leads up is seen from inside another group.
  const isOurs = (path: string | undefined): path is string => path?.includes(id) === true && !path.includes('..');
  const [memory, cpuacct, cpu] = [groups.get('memory'), groups.get('cpuacct'), groups.get('cpu')];
  const unified = groups.get('');
  // Hosts between the two versions name the unified group as well, and it controls nothing there.
  if (memory === undefined && cpuacct === undefined) {
    return isOurs(unified) ? readUnified(join(cgroups, unified)) : undefined;
  }
  if (!isOurs(memory) || !isOurs(cpuacct)) return undefined;
  return readSeparate({
    memory: join(cgroups, 'memory', memory),
    cpuacct: join(cgroups, 'cpuacct', cpuacct),
    cpu: isOurs(cpu) ? join(cgroups, 'cpu', cpu) : undefined,
  });
}

/** The path of a process in each hierarchy; the unified one has no name. Lines are `4:memory:/docker/<id>` or `0::/…`. */
function groupsOf(text: string): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    for (const controller of controllers.split(',')) groups.set(controller, path);
  }
  return groups;
}

async function readUnified(folder: string): Promise<Usage | undefined> {
  const read = (name: string): Promise<string | undefined> => readKernelFile(join(folder, name));
  const [cpuStat, cpuMax, current, stat, max] = await Promise.all(
    ['cpu.stat', 'cpu.max', 'memory.current', 'memory.stat', 'memory.max'].map(read),
  );
  const microseconds = numberAfter(cpuStat, 'usage_usec');
  const [quota, period] = (cpuMax ?? '').split(' ');
  return usage({
    cpuSeconds: microseconds === undefined ? undefined : microseconds / 1e6,
    cpusLimit: quotient(wholeNumber(quota), wholeNumber(period)),
    used: wholeNumber(current),
    inactive: numberAfter(stat, 'inactive_file'),
    limit: wholeNumber(max),
  });
}

async function readSeparate(folders: {
  readonly memory: string;
  readonly cpuacct: string;
  readonly cpu: string | undefined;
}): Promise<Usage | undefined> {
  const { memory, cpuacct, cpu } = folders;
  const ofCpu = async (name: string): Promise<string | undefined> =>
    cpu === undefined ? undefined : readKernelFile(join(cpu, name));
  const [total, quota, period, current, stat, max] = await Promise.all([
    readKernelFile(join(cpuacct, 'cpuacct.usage')),
    ofCpu('cpu.cfs_quota_us'),
    ofCpu('cpu.cfs_period_us'),
    readKernelFile(join(memory, 'memory.usage_in_bytes')),
    readKernelFile(join(memory, 'memory.stat')),
    readKernelFile(join(memory, 'memory.limit_in_bytes')),
  ]);
  const nanoseconds = wholeNumber(total);
  return usage({
    cpuSeconds: nanoseconds === undefined ? undefined : nanoseconds / 1e9,
    cpusLimit: quotient(wholeNumber(quota), wholeNumber(period)),
    used: wholeNumber(current),
    inactive: numberAfter(stat, 'total_inactive_file'),
    limit: wholeNumber(max),
  });
}

/** Puts together what was found; undefined where nothing was. `used` has the file cache in it, as engines count. */
export function usage(found: {
  readonly cpuSeconds: number | undefined;
  readonly cpusLimit: number | undefined;
  readonly used: number | undefined;
  readonly inactive: number | undefined;
  readonly limit: number | undefined;
}): Usage | undefined {
  const { cpuSeconds, cpusLimit, used, inactive = 0, limit } = found;
  if (cpuSeconds === undefined && used === undefined) return undefined;
  return {
    ...(cpuSeconds === undefined ? {} : { cpuSeconds }),
    ...(cpusLimit === undefined ? {} : { cpusLimit }),
    ...(used === undefined ? {} : { memoryBytes: Math.max(0, used - inactive) }),
    ...(limit === undefined || limit >= noLimit ? {} : { memoryLimitBytes: limit }),
  };
}

function quotient(quota: number | undefined, period: number | undefined): number | undefined {
  return quota === undefined || period === undefined || period === 0 ? undefined : quota / period;
}
