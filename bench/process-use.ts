import { readFileSync } from 'node:fs';

/** What a process holds in memory, in MB of 2^20 bytes. */
export interface ResidentMemory {
  /** All of it, as top(1) shows it: VmRSS. */
  readonly total: number;
  /** Of that, what no other process can share. */
  readonly own: number;
}

/** Reads a process's memory as the kernel counts it. @throws Error when there is no such process. */
export function residentMemory(pid: number): ResidentMemory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number => {
    const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    if (kilobytes === undefined) throw new Error(`/proc/${pid}/status has no ${name}`);
    return Number(kilobytes) / 1024;
  };
  return { total: field('VmRSS'), own: field('RssAnon') };
}

/** Seconds of processor time a process has used, its own and the kernel's for it. */
export function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in brackets may hold spaces; user and system time are the 14th and 15th field, in hundredths of a second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
