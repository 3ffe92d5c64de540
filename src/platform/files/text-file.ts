import { readFile, stat } from 'node:fs/promises';
import { ZedopsError } from '../../protocol/errors.ts';
import { isMissing } from './atomic-file.ts';

/** Reads a text file that a person named, of at most so many bytes. @throws ZedopsError INVALID_INPUT where it is not there or too large. */
export async function readTextFile(path: string, mostBytes: number): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > mostBytes) throw new ZedopsError('INVALID_INPUT', `${path} is larger than ${mostBytes / 1024} KiB`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) throw new ZedopsError('INVALID_INPUT', `There is no file ${path}`, { cause: error });
    throw error;
  }
}
