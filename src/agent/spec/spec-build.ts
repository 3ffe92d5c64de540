import { join } from 'node:path';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { ContainerSpec, SpecPort } from './container-spec.ts';
import { serverFolder } from './server-folders.ts';

/** What a host has to give. */
export interface HostResources {
  readonly dataRoot: string;
  readonly hostMemoryBytes: number;
  readonly hostCpus: number;
}

/** The networks every server is on: the first for players, the second for RCON, which is never published. */
export const serverNetworks = ['zomboid-servers', 'zomboid-backend'] as const;

/** The label by which a container is known to be ours. */
export const managedLabel = 'zedops.managed';

/** The label with the id of the server a container belongs to. */
export const serverIdLabel = 'zedops.server.id';

/** The label with the name of the server a container belongs to. */
export const serverNameLabel = 'zedops.server.name';

/** The label with the revision of the desired state a container was made of. */
export const revisionLabel = 'zedops.revision';

/** The label with the id of the request that made a container in the place of another. */
export const madeByLabel = 'zedops.made.by';

/** What a container's labels tell of how it was made. */
export function originOf(labels: Readonly<Record<string, string>>): {
  readonly revision?: number;
  readonly madeBy?: string;
} {
  const revision = Number(labels[revisionLabel]);
  const madeBy = labels[madeByLabel];
  return {
    ...(Number.isSafeInteger(revision) && revision > 0 ? { revision } : {}),
    ...(madeBy === undefined ? {} : { madeBy }),
  };
}

/**
 * Capabilities that no game server needs, taken from every container. Entrypoints that begin as root, give themselves
 * folders and change user (chown, su, gosu, runuser, setpriv) work without these.
 */
export const droppedCapabilities = ['MKNOD', 'NET_RAW', 'SETFCAP'] as const;

/** What the container of a server is called. */
export function containerName(template: string, serverName: string): string {
  return `${template}-${serverName}`;
}

const mebibyte = 1024 ** 2;
const shortestStopSeconds = 60;
const pids = 2048;
/** Few rotations, because a reader that follows over one may be given lines twice, or lose some when it lags. */
const log = { maxBytes: 50 * mebibyte, files: 4 };

/**
 * Builds what is asked of an engine for a server. The only place that does: whatever creates, re-creates or exports a
 * server gets the same ports, folders, labels and limits.
 */
export function buildSpec(
  server: DesiredServer,
  { dataRoot, hostMemoryBytes, hostCpus }: HostResources,
): ContainerSpec {
  const { id, name, image, game, limits } = server;
  const folder = serverFolder(server, dataRoot);
  return {
    name: containerName(image.template, name),
    image: image.reference,
    template: image.template,
    env: server.env,
    labels: {
      [managedLabel]: 'true',
      [serverIdLabel]: id,
      [serverNameLabel]: name,
      'zedops.type': image.template,
      [revisionLabel]: String(server.revision),
      'pz.rcon.enabled': String(game.rcon !== undefined),
    },
    mounts: game.volumes.map((volume) => ({ hostPath: join(folder, volume.folder), containerPath: volume.path })),
    ports: publishedPorts(server),
    networks: serverNetworks,
    memoryBytes: limits.memoryMb === undefined ? withoutReserve(hostMemoryBytes) : limits.memoryMb * mebibyte,
    cpus: limits.cpus ?? hostCpus,
    pids,
    log,
    stopSeconds: Math.max(shortestStopSeconds, game.stopSeconds),
  };
}

/** The ports players use. RCON's is not among them even where a template lists it by mistake. */
function publishedPorts({ game }: DesiredServer): readonly SpecPort[] {
  return game.ports
    .filter(({ port, protocol }) => !(protocol === 'tcp' && port === game.rcon?.port))
    .map(({ port, protocol }) => ({ port, protocol }));
}

/** What a server without a limit of its own may take: an eighth, at most 2 GiB, stays with the host and its agent. */
function withoutReserve(hostMemoryBytes: number): number {
  return Math.floor(hostMemoryBytes - Math.min(2048 * mebibyte, hostMemoryBytes / 8));
}
