import { readFile, stat } from 'node:fs/promises';
import { isMissing } from '../../platform/files/atomic-file.ts';
import { ZedopsError } from '../../protocol/errors.ts';

const largestFile = 1024 * 1024;

/**
 * The text of a file that someone names. One that need not be there is empty where it is not.
 * @throws ZedopsError INVALID_INPUT where it is not there, or too large.
 */
export async function readInputFile(file: string, { isOptional = false } = {}): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > largestFile) throw new ZedopsError('INVALID_INPUT', `${file} is larger than ${largestFile / 1024} KiB`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (!isMissing(error)) throw error;
    if (isOptional) return '';
    throw new ZedopsError('INVALID_INPUT', `There is no file ${file}`, { cause: error });
  }
}
