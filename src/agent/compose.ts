import { join } from 'node:path';
import { stringify } from 'yaml';
import { privateFile, writeAtomically } from '../platform/atomic-file.ts';
import type { ContainerSpec } from './container-spec.ts';
import { droppedCapabilities, serverNameLabel } from './spec-build.ts';

const composeFile = 'compose.yaml';
const envFile = 'server.env';
const readable = 0o644;

/**
 * The compose file that runs a server without ZedOps, word for word what ZedOps asks of the engine. Secrets are not in
 * it: it reads them from `server.env` beside it. Format: the Compose Specification.
 */
export function renderCompose(spec: ContainerSpec, secretKeys: readonly string[]): string {
  const hasSecrets = secretLines(spec, secretKeys).length > 0;
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

/** Writes the compose file into a server's folder, and beside it, for root alone, the env file with its secrets. */
export async function writeCompose(folder: string, spec: ContainerSpec, secretKeys: readonly string[]): Promise<void> {
  const secrets = secretLines(spec, secretKeys);
  // Secrets first: a compose file never names an env file that is not there.
  await writeAtomically(join(folder, envFile), secrets.map((line) => `${line}\n`).join(''), privateFile);
  await writeAtomically(join(folder, composeFile), renderCompose(spec, secretKeys), readable);
}

function secretLines({ env }: ContainerSpec, secretKeys: readonly string[]): readonly string[] {
  return [...new Set(secretKeys)].flatMap((key) => {
    const value = env[key];
    return value === undefined ? [] : [`${key}=${quoted(value)}`];
  });
}

/** A value as compose reads env files: nothing is special within single quotes, and all of it can be escaped in double ones. */
function quoted(value: string): string {
  if (/^[A-Za-z0-9_.,:/@%+=-]*$/.test(value)) return value;
  if (!/['\n\r\\]/.test(value)) return `'${value}'`;
  const escaped = value
    .replace(/[\\"$]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `"${escaped}"`;
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
