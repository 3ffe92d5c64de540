import { parseDocument } from 'yaml';
import * as z from 'zod';
import { expandVariables } from './compose-variables.ts';

/** A port of a compose service; `published` is its number on the host, where it has one. */
export interface ComposePort {
  readonly inside: number;
  readonly published?: number;
  readonly protocol: 'udp' | 'tcp';
}

/** A folder or volume of a compose service. The source of a bind is as written, relative to the file. */
export interface ComposeMount {
  readonly type: 'bind' | 'volume' | 'other';
  readonly from: string;
  readonly to: string;
}

/** What of a compose service matters to whoever takes its server over. */
export interface ComposeService {
  readonly name: string;
  readonly image: string | undefined;
  readonly containerName: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Paths of env files, as written; later ones beat earlier ones, and `env` beats them all. */
  readonly envFiles: readonly string[];
  readonly ports: readonly ComposePort[];
  readonly mounts: readonly ComposeMount[];
}

const mostCharacters = 256 * 1024;
const mostAliases = 100;
const longestRange = 64;

const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const Entries = z.union([z.array(z.string()).max(1000), z.record(z.string(), Scalar.nullable())]);

const Service = z.looseObject({
  image: z.string().optional(),
  container_name: z.string().optional(),
  environment: Entries.nullish(),
  env_file: z
    .union([z.string(), z.array(z.union([z.string(), z.looseObject({ path: z.string() })])).max(20)])
    .nullish(),
  ports: z
    .array(
      z.union([
        z.string(),
        z.number(),
        z.looseObject({
          target: z.coerce.number(),
          published: z.union([z.string(), z.number()]).optional(),
          protocol: z.string().optional(),
        }),
      ]),
    )
    .max(64)
    .nullish(),
  volumes: z
    .array(
      z.union([z.string(), z.looseObject({ type: z.string(), source: z.string().optional(), target: z.string() })]),
    )
    .max(64)
    .nullish(),
});

const File = z.looseObject({ services: z.record(z.string(), Service) });

/**
 * Reads the services of a compose file (https://docs.docker.com/reference/compose-file), as far as it says how a game
 * runs. `variables` are those of the `.env` beside it.
 */
export function parseComposeFile(
  text: string,
  variables: Readonly<Record<string, string>>,
): { readonly services: readonly ComposeService[] } | { readonly faults: readonly string[] } {
  if (text.length > mostCharacters) return { faults: [`it is longer than ${mostCharacters} characters`] };
  const document = parseDocument(text, { version: '1.2', schema: 'core', merge: true });
  if (document.errors.length > 0) {
    return { faults: document.errors.slice(0, 10).map(({ message }) => message.split('\n')[0] ?? '') };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: mostAliases });
  } catch (error) {
    return { faults: [error instanceof Error ? error.message : String(error)] };
  }
  const expanded = expandVariables(value, variables);
  if (expanded.faults.length > 0) return { faults: expanded.faults };
  const parsed = File.safeParse(expanded.value);
  if (!parsed.success) {
    return {
      faults: parsed.error.issues.slice(0, 10).map(({ path, message }) => `${path.map(String).join('.')}: ${message}`),
    };
  }
  const faults: string[] = [];
  const services = Object.entries(parsed.data.services).map(([name, service]) => serviceOf(name, service, faults));
  return faults.length > 0 ? { faults } : { services };
}

function serviceOf(name: string, service: z.infer<typeof Service>, faults: string[]): ComposeService {
  const complain = (message: string): void => {
    faults.push(`services.${name}: ${message}`);
  };
  const files = service.env_file ?? [];
  return {
    name,
    image: service.image,
    containerName: service.container_name,
    env: envOf(service.environment ?? {}, complain),
    envFiles: (typeof files === 'string' ? [files] : files).map((file) =>
      typeof file === 'string' ? file : file.path,
    ),
    ports: (service.ports ?? []).flatMap((port) => {
      const text = typeof port === 'object' ? longPort(port) : String(port);
      const ports = portsOf(text);
      if (!ports) complain(`the port ${text} cannot be read`);
      return ports ?? [];
    }),
    mounts: (service.volumes ?? []).flatMap((volume) => {
      if (typeof volume === 'object') {
        const type = volume.type === 'bind' || volume.type === 'volume' ? volume.type : 'other';
        return [{ type, from: volume.source ?? '', to: plainPath(volume.target) } as const];
      }
      const [from, to] = volume.split(':');
      if (from === undefined || to === undefined) return [{ type: 'volume', from: '', to: plainPath(volume) } as const];
      const isPath = /^[./~]/.test(from);
      return [{ type: isPath ? 'bind' : 'volume', from, to: plainPath(to) } as const];
    }),
  };
}

function envOf(given: z.infer<typeof Entries>, complain: (message: string) => void): Record<string, string> {
  const pairs: (readonly [string, string | undefined])[] = Array.isArray(given)
    ? given.map((line) => {
        const at = line.indexOf('=');
        return at === -1 ? [line, undefined] : [line.slice(0, at), line.slice(at + 1)];
      })
    : Object.entries(given).map(([key, value]) => [key, value === null ? undefined : String(value)]);
  const env: Record<string, string> = {};
  for (const [key, value] of pairs) {
    if (value === undefined) complain(`${key} takes its value from the shell, which is not known here`);
    else env[key] = value;
  }
  return env;
}

function longPort({
  target,
  published,
  protocol,
}: {
  target: number;
  published?: unknown;
  protocol?: unknown;
}): string {
  return `${published === undefined ? '' : `${String(published)}:`}${target}/${String(protocol ?? 'tcp')}`;
}

/** `16261`, `16261:16261/udp`, `0.0.0.0:16261-16262:16261-16262/udp`. Undefined for what is none of these. */
function portsOf(text: string): ComposePort[] | undefined {
  const match =
    /^(?:(?:(?:\[[0-9a-f:]+\]|[\d.]+):)?(\d{1,5})(?:-(\d{1,5}))?:)?(\d{1,5})(?:-(\d{1,5}))?(?:\/(udp|tcp))?$/i.exec(
      text,
    );
  if (!match) return undefined;
  const [, outFirst, outLast = outFirst, first = '', last = first, protocol] = match;
  const count = Number(last) - Number(first) + 1;
  const isPublished = outFirst !== undefined;
  if (count < 1 || count > longestRange) return undefined;
  if (isPublished && Number(outLast) - Number(outFirst) + 1 !== count) return undefined;
  return Array.from({ length: count }, (_, index) => ({
    inside: Number(first) + index,
    protocol: protocol?.toLowerCase() === 'udp' ? 'udp' : 'tcp',
    ...(isPublished ? { published: Number(outFirst) + index } : {}),
  }));
}

function plainPath(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}
