import { ZedopsError } from '../../protocol/errors.ts';
import { parseEnvFile } from '../../zomboid/env/env-file.ts';
import type { Io } from '../io.ts';
import { readInputFile } from './input-file.ts';
import { readAll } from './prompt.ts';

const largestStdin = 1024 * 1024;

/**
 * Reads settings from an env file (`-`: stdin) and from `KEY=value` pairs, which beat it. Whether they fit an image is
 * for the manager to say, where it is not known yet which one.
 * @throws ZedopsError INVALID_INPUT with a line for each fault of the file.
 */
export async function readPairs(
  { file, pairs }: { readonly file: string | undefined; readonly pairs: readonly string[] },
  io: Pick<Io, 'stdin'>,
): Promise<Record<string, string>> {
  const text =
    file === undefined ? '' : file === '-' ? await readAll(io.stdin, largestStdin) : await readInputFile(file);
  const { entries, faults } = parseEnvFile(text);
  if (faults.length > 0) {
    const label = file === '-' ? 'stdin' : file;
    const lines = faults.map(({ line, column, message }) => `${label}:${line}:${column}: ${message}`);
    throw new ZedopsError('INVALID_INPUT', ['The settings cannot be read', ...lines].join('\n'));
  }
  const env = new Map(entries.map(({ key, value }) => [key, value]));
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new ZedopsError('INVALID_INPUT', '--env: write it as KEY=value');
    env.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return Object.fromEntries(env);
}
