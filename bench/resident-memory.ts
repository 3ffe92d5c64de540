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
