import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { isMissing, privateFile, writeAtomically } from '../../platform/files/atomic-file.ts';
import { formatEnvFile } from '../../zomboid/env/env-file.ts';
import type { ContainerSpec } from './container-spec.ts';
import { droppedCapabilities, serverNameLabel } from './spec-build.ts';

const composeFile = 'compose.yaml';
const envFile = 'server.env';
const readable = 0o644;

/** What ZedOps itself keeps in a server's folder, and writes anew whenever it makes a container. */
export const ownFiles: readonly string[] = [composeFile, envFile];

/**
 * The compose file that runs a server without ZedOps, word for word what ZedOps asks of the engine. Secrets are not in
 * it: it reads them from `server.env` beside it. Format: the Compose Specification.
 */
export function renderCompose(spec: ContainerSpec, secretKeys: readonly string[]): string {
  const hasSecrets = secretsOf(spec, secretKeys).length > 0;
  const document = {
    name: spec.name,
    services: {
      [spec.labels[serverNameLabel] ?? spec.name]: {
        image: literal(spec.image),
        container_name: spec.name,
        restart: 'no',
        ...(hasSecrets ? { env_file: `./${envFile}` } : {}),
        environment: literals(without(spec.env, secretKeys)),
        labels: literals(spec.labels),
        ports: spec.ports.map(({ port, protocol }) => `${port}:${port}/${protocol}`),
        volumes: spec.mounts.map(({ hostPath, containerPath }) => ({
          type: 'bind',
          source: literal(hostPath),
          target: literal(containerPath),
        })),
        networks: [...spec.networks],
        mem_limit: `${spec.memoryBytes}b`,
        memswap_limit: `${spec.memoryBytes}b`,
        cpus: spec.cpus,
        pids_limit: spec.pids,
        cap_drop: [...droppedCapabilities],
        security_opt: ['no-new-privileges:true'],
        stop_grace_period: `${spec.stopSeconds}s`,
        logging: {
          driver: 'json-file',
          options: { 'max-size': String(spec.log.maxBytes), 'max-file': String(spec.log.files) },
        },
      },
    },
    networks: Object.fromEntries(spec.networks.map((network) => [network, { external: true }])),
  };
  return stringify(document, { lineWidth: 0, version: '1.1' });
}

/**
 * Writes the compose file into a server's folder, and beside it, for root alone, the env file with its secrets. The
 * returned function removes those of the two that were not there before.
 */
export async function writeCompose(
  folder: string,
  spec: ContainerSpec,
  secretKeys: readonly string[],
): Promise<() => Promise<void>> {
  const made: string[] = [];
  for (const file of ownFiles) if (!(await isThere(join(folder, file)))) made.push(join(folder, file));
  // Secrets first: a compose file never names an env file that is not there.
  await writeAtomically(join(folder, envFile), formatEnvFile(secretsOf(spec, secretKeys)), privateFile);
  await writeAtomically(join(folder, composeFile), renderCompose(spec, secretKeys), readable);
  return async () => {
    for (const path of made) await rm(path, { force: true });
  };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function secretsOf(
  { env }: ContainerSpec,
  secretKeys: readonly string[],
): readonly { readonly key: string; readonly value: string }[] {
  return [...new Set(secretKeys)].flatMap((key) => {
    const value = env[key];
    return value === undefined ? [] : [{ key, value }];
  });
}

function without(env: ContainerSpec['env'], secretKeys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !secretKeys.includes(key)));
}

/** Compose replaces `$NAME` in every text; a doubled dollar sign stands for itself. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}

function literals(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, literal(value)]));
}
