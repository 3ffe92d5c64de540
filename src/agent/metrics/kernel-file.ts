import { readFile } from 'node:fs/promises';
import { systemErrorCode } from '../../platform/files/atomic-file.ts';

/** Codes with which the kernel refuses what is gone meanwhile, is not there on this system, or is another user's. */
const absent = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENODEV', 'ENOTDIR', 'EOPNOTSUPP'];

/** Reads a file of /proc or of the cgroups; undefined where it is not there, or not to be read. */
export async function readKernelFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    if (absent.includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** The number after a word at the start of a line: `inactive_file 4096`, `MemTotal:  16 kB`. */
export function numberAfter(text: string | undefined, word: string): number | undefined {
  const line = text?.split('\n').find((one) => one.startsWith(word) && /^:?\s/.test(one.slice(word.length)));
  return line === undefined ? undefined : wholeNumber(/\d+/.exec(line.slice(word.length))?.[0]);
}

/** A number as the kernel writes it; undefined for words such as `max`. */
export function wholeNumber(text: string | undefined): number | undefined {
  const trimmed = text?.trim();
  return trimmed !== undefined && /^\d+$/.test(trimmed) ? Number(trimmed) : undefined;
}
