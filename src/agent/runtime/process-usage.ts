import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { numberAfter, readKernelFile } from '../metrics/kernel-file.ts';
import type { Usage } from './usage.ts';

/** Linux tells programs the time of a process in hundredths of a second, whatever it counts in itself. */
const ticksPerSecond = 100;
/** What belongs to a group is looked for this often; a game that has just been started may still start its parts. */
const groupsMs = 15_000;
const youngMs = 60_000;
const readAtOnce = 32;
const mostProcesses = 32_768;

/** Reads what the processes of games use. */
export interface ProcessUsage {
  /** What the group of processes that one leads uses; undefined once it has ended. */
  read(leader: number): Promise<Usage | undefined>;
}

interface Stat {
  readonly group: number;
  readonly cpuTicks: number;
}

/** Makes the reader. A game and all it launched are one group of processes. Source: proc_pid_stat(5), proc_pid_status(5). */
export function createProcessUsage(proc: string, clock: Clock): ProcessUsage {
  const firstAsked = new Map<number, number>();
  let groups: { readonly at: number; readonly found: Promise<ReadonlyMap<number, readonly number[]>> } | undefined;

  const groupOf = async (leader: number): Promise<readonly number[]> => {
    const now = clock.steady();
    const since = firstAsked.get(leader) ?? now;
    firstAsked.set(leader, since);
    const isYoung = now - since < youngMs;
    if (groups === undefined || now - groups.at >= (isYoung ? 1_000 : groupsMs)) {
      groups = { at: now, found: findGroups(proc) };
      // One that fails is not kept.
      groups.found.catch(() => {
        groups = undefined;
      });
    }
    return (await groups.found).get(leader) ?? [leader];
  };

  return {
    async read(leader) {
      const members = await groupOf(leader);
      const uses = await inTurns(members, (pid) => readMember(proc, pid, leader));
      const alive = uses.filter((use) => use !== undefined);
      if (alive.length === 0) {
        firstAsked.delete(leader);
        return undefined;
      }
      const memory = alive.map(({ memoryBytes }) => memoryBytes);
      return {
        cpuSeconds: alive.reduce((sum, { cpuTicks }) => sum + cpuTicks, 0) / ticksPerSecond,
        ...(memory.every((one) => one !== undefined) ? { memoryBytes: memory.reduce((sum, one) => sum + one, 0) } : {}),
      };
    },
  };
}

async function readMember(
  proc: string,
  pid: number,
  leader: number,
): Promise<{ readonly cpuTicks: number; readonly memoryBytes: number | undefined } | undefined> {
  const [stat, status] = await Promise.all([readStat(proc, pid), readKernelFile(join(proc, String(pid), 'status'))]);
  // A number is used again for another process some time.
  if (stat?.group !== leader) return undefined;
  const anonymous = numberAfter(status, 'RssAnon');
  const kilobytes =
    anonymous === undefined ? numberAfter(status, 'VmRSS') : anonymous + (numberAfter(status, 'RssShmem') ?? 0);
  return { cpuTicks: stat.cpuTicks, memoryBytes: kilobytes === undefined ? undefined : kilobytes * 1024 };
}

async function findGroups(proc: string): Promise<ReadonlyMap<number, readonly number[]>> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name)).slice(0, mostProcesses);
  const stats = await inTurns(pids.map(Number), async (pid) => ({ pid, stat: await readStat(proc, pid) }));
  const groups = new Map<number, number[]>();
  for (const { pid, stat } of stats) {
    if (stat === undefined) continue;
    const group = groups.get(stat.group) ?? [];
    group.push(pid);
    groups.set(stat.group, group);
  }
  return groups;
}

/** Its group, and the time of it and of the children it has waited for. */
async function readStat(proc: string, pid: number): Promise<Stat | undefined> {
  const text = await readKernelFile(join(proc, String(pid), 'stat'));
  if (text === undefined) return undefined;
  // The name, in brackets, may hold anything; the state and the numbers come after the last bracket.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, group] = [fields[0], Number(fields[2])];
  if (state === 'Z' || state === 'X' || !Number.isInteger(group)) return undefined;
  const cpuTicks = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
  return Number.isFinite(cpuTicks) ? { group, cpuTicks } : undefined;
}

async function inTurns<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += readAtOnce) {
    results.push(...(await Promise.all(items.slice(at, at + readAtOnce).map(work))));
  }
  return results;
}
