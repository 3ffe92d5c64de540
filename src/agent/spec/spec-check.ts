import { lstat, realpath } from 'node:fs/promises';
import { join, normalize, resolve, sep } from 'node:path';
import * as z from 'zod';
import { isMissing } from '../../platform/files/atomic-file.ts';
import { Port, ServerName } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { ContainerSpec } from './container-spec.ts';
import { managedLabel, serverIdLabel, serverNameLabel, serverNetworks } from './spec-build.ts';

/** Where a server's folders may lie. */
export interface SpecBounds {
  readonly dataRoot: string;
  /** Name of its folder below the data root, where that is not the server's own. */
  readonly folder?: string | undefined;
}

const noControls = /^[^\0-\x08\x0b-\x1f\x7f]*$/;

/**
 * `[host[:port]/]path[:tag][@sha256:digest]`, as engines read it: lower-case path components, a tag of up to 128
 * characters. Source: the reference grammar of the OCI distribution project.
 */
const imageReference =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;

/** Places of a container that belong to the engine, the kernel or the image's own system. */
const reservedPaths = [
  ...['/bin', '/boot', '/dev', '/etc', '/lib', '/lib32', '/lib64', '/proc', '/root', '/run', '/sbin', '/sys', '/tmp'],
  ...['/usr', '/var/run', '/var/lib'],
];

const absolutePath = z.string().max(1024).regex(/^\//, 'is not absolute').regex(noControls, 'has control characters');
const label = z.string().max(256).regex(noControls, 'has control characters');

const Spec: z.ZodType<ContainerSpec> = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9_.-]{1,126}$/, 'is not <template>-<server name>'),
  image: z.string().max(512).regex(imageReference, 'is not an image reference such as registry/name:tag'),
  template: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is not the id of an image template'),
  env: z.record(
    z
      .string()
      .max(128)
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is not a name of a variable'),
    z
      .string()
      .max(65_536)
      .regex(/^[^\0]*$/, 'has a NUL character'),
  ),
  labels: z.record(z.string().regex(/^(?:zedops|pz)\.[a-z.]{1,64}$/, 'is not a label of ours'), label),
  mounts: z.array(z.strictObject({ hostPath: absolutePath, containerPath: absolutePath })).max(4),
  ports: z.array(z.strictObject({ port: Port.min(1024, 'is below 1024'), protocol: z.enum(['udp', 'tcp']) })).max(8),
  networks: z.array(z.enum(serverNetworks)).min(1).max(2),
  memoryBytes: z.int().min(64 * 1024 ** 2),
  cpus: z.number().min(0.1).max(1024),
  pids: z.int().min(64).max(65_536),
  log: z.strictObject({
    maxBytes: z
      .int()
      .min(65_536)
      .max(1024 ** 3),
    files: z.int().min(1).max(100),
  }),
  stopSeconds: z.int().min(1).max(3600),
});

/**
 * Refuses a spec that asks for what no server may have. It knows nothing of how specs are built: the agent does not take
 * the manager's word, nor its own, for what it asks of an engine that is root on this host.
 * @throws ZedopsError INVALID_INPUT for what is malformed, FORBIDDEN for a path outside the server's own folder; both
 * name the field.
 */
export async function checkSpec(spec: ContainerSpec, { dataRoot, folder }: SpecBounds): Promise<void> {
  const parsed = Spec.safeParse(spec);
  if (!parsed.success) {
    const fault = parsed.error.issues[0];
    const field = fault?.path.map(String).join('.') ?? '';
    throw invalid(field === '' ? 'spec' : field, fault?.message ?? 'cannot be read');
  }
  const named = checkLabels(parsed.data);
  const server = folder === undefined ? named : checkFolder(folder);
  checkUnique(parsed.data);
  const root = await realpath(dataRoot).catch((cause: unknown) => {
    throw new ZedopsError('NOT_FOUND', `The data root ${dataRoot} is not there`, {
      hint: `mkdir -p ${dataRoot}`,
      cause,
    });
  });
  for (const [index, mount] of parsed.data.mounts.entries()) {
    checkContainerPath(mount.containerPath, `mounts.${index}.containerPath`);
    await checkHostPath(mount.hostPath, { dataRoot: resolve(dataRoot), root, server }, `mounts.${index}.hostPath`);
  }
}

function checkFolder(folder: string): string {
  const checked = ServerName.safeParse(folder);
  if (checked.success) return checked.data;
  throw invalid('folder', 'is not the name of a server');
}

/** Checks that the labels say whose container it is. @returns the server's name. */
function checkLabels({ name, template, labels }: ContainerSpec): string {
  if (labels[managedLabel] !== 'true') throw invalid(`labels.${managedLabel}`, 'is not "true"');
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(labels[serverIdLabel] ?? '')) throw invalid(`labels.${serverIdLabel}`, 'is no id');
  const server = ServerName.safeParse(labels[serverNameLabel]);
  if (!server.success) throw invalid(`labels.${serverNameLabel}`, 'is not the name of a server');
  if (name !== `${template}-${server.data}`) throw invalid('name', `is not ${template}-${server.data}`);
  return server.data;
}

function checkUnique({ ports, mounts }: ContainerSpec): void {
  const port = firstTwice(ports.map((one) => `${one.port}/${one.protocol}`));
  if (port !== undefined) throw invalid('ports', `has ${port} twice`);
  const path = firstTwice(mounts.map(({ containerPath }) => normalize(containerPath)));
  if (path !== undefined) throw invalid('mounts', `has ${path} twice`);
}

function checkContainerPath(path: string, field: string): void {
  if (path !== normalize(path) || path.endsWith('/')) throw invalid(field, `${path} is the root or not a plain path`);
  const reserved = reservedPaths.find((place) => path === place || path.startsWith(`${place}/`));
  if (reserved !== undefined || path === '/var') {
    throw forbidden(field, `${path} would cover ${reserved ?? path} of the image`);
  }
}

interface Bounds {
  readonly dataRoot: string;
  /** The data root with its own symbolic links resolved: those are the host's administrator's. */
  readonly root: string;
  readonly server: string;
}

/** Lets only `<data root>/<server>/<folder>` through, and no link on the way there. What is not there yet is made later. */
async function checkHostPath(path: string, { dataRoot, root, server }: Bounds, field: string): Promise<void> {
  const folder = path.startsWith(join(dataRoot, server) + sep) ? path.slice(join(dataRoot, server).length + 1) : '';
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(folder)) {
    throw forbidden(field, `${path} is not a folder in ${join(dataRoot, server)}`);
  }
  for (const place of [join(root, server), join(root, server, folder)]) {
    const there = await lstat(place).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (!there) return;
    if (!there.isDirectory()) {
      throw forbidden(field, `${place} is ${there.isSymbolicLink() ? 'a symbolic link' : 'not a folder'}`);
    }
  }
}

function firstTwice(values: readonly string[]): string | undefined {
  return values.find((value, index) => values.indexOf(value) !== index);
}

function invalid(field: string, message: string): ZedopsError {
  return new ZedopsError('INVALID_INPUT', `The container asked for cannot be made: ${field} ${message}`);
}

function forbidden(field: string, message: string): ZedopsError {
  return new ZedopsError('FORBIDDEN', `The container asked for is refused: ${field} ${message}`);
}
