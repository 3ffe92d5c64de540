import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The numbers of a process's log files, oldest first. Files are never renamed: each is written, then only read. */
export function logNumbers(folder: string): number[] {
  return readdirSync(folder)
    .flatMap((name) => {
      const number = /^output-(\d{6,15})\.log$/.exec(name)?.[1];
      return number === undefined ? [] : [Number(number)];
    })
    .toSorted((a, b) => a - b);
}

/** The path of one log file. */
export function logFile(folder: string, number: number): string {
  return join(folder, `output-${String(number).padStart(6, '0')}.log`);
}
