import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readTextFile } from '../../platform/files/text-file.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { parseEnvFile } from '../../zomboid/env/env-file.ts';
import type { Notice } from '../store/state.ts';
import type { Desk } from './desk.ts';
import { envId } from './field.ts';
import type { Form } from './form.ts';
import { envFileOf } from './form-requests.ts';

/** What a file is named for. */
export type FilePurpose = 'load' | 'save';

type Told = Pick<Notice, 'tone' | 'text'>;

const mostBytes = 1024 * 1024;

/**
 * Puts the settings of an env file into a form; what does not fit is told at its fields. A file with faults is left alone.
 * @throws ZedopsError INVALID_INPUT with the first fault as `<file>:<line>:<column>: <fault>`.
 */
export async function loadEnvFile(
  desk: Pick<Desk, 'change'>,
  key: string,
  folder: string,
  path: string,
): Promise<Told> {
  const { entries, faults } = parseEnvFile(await readTextFile(resolve(folder, path), mostBytes));
  const [fault] = faults;
  if (fault) {
    const more = faults.length === 1 ? '' : `, and ${faults.length - 1} more`;
    throw new ZedopsError('INVALID_INPUT', `${path}:${fault.line}:${fault.column}: ${fault.message}${more}`);
  }
  desk.change(key, { kind: 'fill', values: new Map(entries.map((entry) => [envId(entry.key), entry.value] as const)) });
  return { tone: 'good', text: `${entries.length} settings from ${path}` };
}

/** Writes the settings of a form to a new file that its owner alone can read. @throws ZedopsError CONFLICT where one is there. */
export async function saveEnvFile(form: Form, folder: string, path: string): Promise<Told> {
  const { text, left } = envFileOf(form);
  const file = resolve(folder, path);
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw isThere
      ? new ZedopsError('CONFLICT', `Not saved: ${file} is there already`, { cause: error })
      : new ZedopsError('INVALID_INPUT', `Not saved to ${file}: ${error instanceof Error ? error.message : error}`);
  }
  const without = left.length === 0 ? '' : `, without ${left.join(', ')}, which only the server knows`;
  return { tone: 'good', text: `Saved to ${file}${without}` };
}
