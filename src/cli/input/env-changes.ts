import { ZedopsError } from '../../protocol/errors.ts';
import { parseEnvFile } from '../../zomboid/env/env-file.ts';
import { looksSecret } from '../../zomboid/images/image-template.ts';
import type { Io } from '../io.ts';
import { type EnvSources, readText } from './env-input.ts';

/** Settings someone wants to change, without a look at the template: the manager checks them with the rest. */
export interface EnvChanges {
  readonly set: Readonly<Record<string, string>>;
  /** Keys whose names sound like a secret's and that were given where other users of the machine can see them. */
  readonly exposed: readonly string[];
}

const mostFaults = 50;

/**
 * Reads settings from a file and from `--set`, which beats it.
 * @throws ZedopsError INVALID_INPUT with a line `<file>:<line>:<column>: <fault>` for each fault. Values are never part of it.
 */
export async function readEnvChanges({ file, pairs }: EnvSources, io: Pick<Io, 'stdin'>): Promise<EnvChanges> {
  const label = file === '-' ? 'stdin' : file;
  const { entries, faults } = file === undefined ? { entries: [], faults: [] } : parseEnvFile(await readText(file, io));
  if (faults.length > 0) {
    const lines = faults.map(({ line, column, message }) => `${label}:${line}:${column}: ${message}`);
    throw new ZedopsError('INVALID_INPUT', [`${label} cannot be read`, ...lines.slice(0, mostFaults)].join('\n'));
  }
  const given = pairs.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new ZedopsError('INVALID_INPUT', '--set: write it as KEY=value; --unset KEY takes one away');
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return {
    set: Object.fromEntries([...entries.map(({ key, value }) => [key, value] as const), ...given]),
    exposed: given.map(([key]) => key).filter(looksSecret),
  };
}
