import { dirname, isAbsolute, join, resolve } from 'node:path';
import { didYouMean } from '../../platform/did-you-mean.ts';
import type { AdoptionSource } from '../../protocol/entities/adoption.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { type ComposeService, parseComposeFile } from '../../zomboid/compose/compose-file.ts';
import { parseEnvFile } from '../../zomboid/env/env-file.ts';
import { readInputFile } from './input-file.ts';

/** A service of a compose file as it is adopted: what the host is told of it, and its env. */
export interface ComposeInput {
  readonly source: Extract<AdoptionSource, { kind: 'compose' }>;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Reads a service of a compose file, with its env files and the `.env` beside it. Paths in it are taken for paths of the
 * host, as if the file lay there.
 * @throws ZedopsError INVALID_INPUT for a file that cannot be read or says too little, and for several services.
 */
export async function readCompose(file: string, service: string | undefined): Promise<ComposeInput> {
  const folder = dirname(resolve(file));
  const text = await readInputFile(file);
  const parsed = parseComposeFile(text, await readEnvFile(join(folder, '.env'), { isOptional: true }));
  if ('faults' in parsed) {
    throw new ZedopsError('INVALID_INPUT', [`${file} cannot be adopted`, ...parsed.faults].join('\n'));
  }
  const chosen = choose(parsed.services, service, file);
  if (chosen.image === undefined) {
    throw new ZedopsError('INVALID_INPUT', `The service ${chosen.name} of ${file} names no image`, {
      hint: 'adopt its container: --container',
    });
  }
  const volume = chosen.mounts.find(({ type }) => type === 'volume');
  if (volume) {
    throw new ZedopsError(
      'INVALID_INPUT',
      `${file} keeps ${volume.to} in a volume, whose place only the engine knows`,
      {
        hint: 'adopt its container: --container',
      },
    );
  }
  const env: Record<string, string> = {};
  for (const path of chosen.envFiles) {
    Object.assign(env, await readEnvFile(isAbsolute(path) ? path : join(folder, path), { isOptional: false }));
  }
  const { image, name, mounts, ports } = chosen;
  return {
    env: { ...env, ...chosen.env },
    source: {
      ...{ kind: 'compose', service: name, image, limits: {} },
      ports: [...ports],
      mounts: mounts.map((mount) => ({
        ...mount,
        from: mount.type !== 'bind' || isAbsolute(mount.from) ? mount.from : join(folder, mount.from),
      })),
    },
  };
}

function choose(services: readonly ComposeService[], wanted: string | undefined, file: string): ComposeService {
  const names = services.map(({ name }) => name);
  if (wanted !== undefined) {
    const found = services.find(({ name }) => name === wanted);
    if (found) return found;
    throw new ZedopsError('INVALID_INPUT', `${file} has no service ${wanted}${didYouMean(wanted, names)}`);
  }
  const [first, ...others] = services;
  if (first && others.length === 0) return first;
  throw new ZedopsError(
    'INVALID_INPUT',
    `Say which service of ${file}: ${names.slice(0, 20).join(', ') || 'it has none'}`,
    {
      hint: first === undefined ? undefined : `add --service ${first.name}`,
    },
  );
}

async function readEnvFile(path: string, { isOptional }: { isOptional: boolean }): Promise<Record<string, string>> {
  const text = await readInputFile(path, { isOptional });
  const { entries, faults } = parseEnvFile(text);
  const fault = faults[0];
  if (fault) throw new ZedopsError('INVALID_INPUT', `${path}:${fault.line}:${fault.column}: ${fault.message}`);
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}
