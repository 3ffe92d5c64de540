import { lstat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { AdoptionSource, ForeignMount, ForeignPort } from '../../protocol/entities/adoption.ts';
import type { ServerLimits, ServerVolume } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { ForeignContainer, ForeignContainers } from '../runtime/foreign.ts';
import type { Registry } from '../servers/registry.ts';
import { serverIdLabel } from '../spec/spec-build.ts';

/** What a server is to be adopted from, found on this host. */
export interface FoundSource {
  readonly original?: ForeignContainer;
  readonly image?: string;
  readonly mounts: readonly ForeignMount[];
  /** Where a bare folder's own folders lie. */
  readonly places?: ReadonlyMap<ServerVolume['folder'], string>;
  readonly ports: readonly ForeignPort[];
  readonly limits: ServerLimits;
}

/** What {@link findSource} needs. */
export interface SourceDeps {
  readonly foreign: ForeignContainers | undefined;
  readonly registry: Pick<Registry, 'find'>;
}

const mebibyte = 1024 ** 2;
const leastMemoryMb = 64;

/**
 * Finds what a server is to be adopted from.
 * @throws ZedopsError NOT_FOUND for what is not there, CONFLICT for what is ours, UNSUPPORTED without an engine.
 */
export async function findSource(source: AdoptionSource, { foreign, registry }: SourceDeps): Promise<FoundSource> {
  switch (source.kind) {
    case 'container': {
      if (!foreign) throw noEngine();
      const original = await foreign.inspect(source.container);
      if (!original) {
        throw new ZedopsError('NOT_FOUND', `There is no container ${source.container} on this host`, {
          hint: 'zedops server list --unmanaged',
        });
      }
      const owner = registry.find(original.labels[serverIdLabel] ?? '');
      if (owner) {
        throw new ZedopsError(
          'CONFLICT',
          `The container ${original.name} belongs to the server ${owner.name} already`,
          {
            hint: `zedops server show ${owner.name}`,
          },
        );
      }
      return {
        original,
        image: original.image,
        mounts: original.mounts,
        ports: original.ports,
        limits: limitsOf(original),
      };
    }
    case 'compose': {
      const { image, mounts, ports, limits } = source;
      return { image, mounts, ports, limits };
    }
    case 'folder':
      return { mounts: [], ports: [], limits: {}, places: await placesIn(source.path) };
  }
}

/** Where each folder a game wants lies on the host, and what else is to be said of it. */
export interface SourceFolders {
  readonly folders: ReadonlyMap<ServerVolume['folder'], string>;
  readonly warnings: readonly string[];
}

/**
 * Says which folder of the host stands behind each place a game wants a folder at: by a mount of its own, or by one
 * around it.
 * @throws ZedopsError NOT_FOUND where the world lies in no folder of the host, UNSUPPORTED for mounts within one.
 */
export function sourceFolders(volumes: readonly ServerVolume[], found: FoundSource): SourceFolders {
  if (found.places) return { folders: found.places, warnings: [] };
  const folders = new Map<ServerVolume['folder'], string>();
  const warnings: string[] = [];
  const used = new Set<ForeignMount>();
  const wanted = new Set(volumes.map(({ path }) => path));
  for (const { folder, path } of volumes) {
    const inner = found.mounts.find(({ to }) => to.startsWith(`${path}/`) && !wanted.has(to));
    if (inner) {
      throw new ZedopsError('UNSUPPORTED', `${inner.to} is mounted within ${path}, and cannot be taken over with it`, {
        hint: 'put its content into one folder first, and adopt that with --data',
      });
    }
    const mount = found.mounts
      .filter(({ to }) => path === to || path.startsWith(to === '/' ? '/' : `${to}/`))
      .toSorted((a, b) => b.to.length - a.to.length)[0];
    if (mount && mount.type !== 'other') {
      used.add(mount);
      folders.set(folder, join(mount.from, relative(mount.to, path)));
    } else if (folder === 'data') {
      throw new ZedopsError(
        'NOT_FOUND',
        `No folder of the host is mounted at ${path}, so that its world lies elsewhere`,
        {
          hint: `--image names another template; docker cp brings out what lies within a container, for --data`,
        },
      );
    } else {
      warnings.push(`nothing is mounted at ${path}: what lies there is not taken over`);
    }
  }
  for (const mount of found.mounts) {
    if (!used.has(mount)) warnings.push(`the mount at ${mount.to} is not taken over: the image has no use for it`);
  }
  return { folders, warnings };
}

/** Where the folders of a bare server lie: `Zomboid` itself, or what holds `data` and perhaps `bin` and `workshop`. */
async function placesIn(path: string): Promise<ReadonlyMap<ServerVolume['folder'], string>> {
  const data = (await isDataFolder(path)) ? path : join(path, 'data');
  if (data !== path && !(await isDataFolder(data))) {
    throw new ZedopsError(
      'NOT_FOUND',
      `${path} holds no world: neither it nor its data has the folders Server and Saves`,
      {
        hint: 'name the game’s Zomboid folder',
      },
    );
  }
  const places = new Map<ServerVolume['folder'], string>([['data', data]]);
  if (basename(data) !== 'data') return places;
  for (const folder of ['bin', 'workshop'] as const) {
    const beside = join(dirname(data), folder);
    if (await isFolder(beside)) places.set(folder, beside);
  }
  return places;
}

/** Says whether a folder looks like the one a game keeps its worlds in. */
export async function isDataFolder(path: string): Promise<boolean> {
  return (await isFolder(join(path, 'Server'))) && (await isFolder(join(path, 'Saves')));
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error) || systemErrorCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}

function limitsOf({ memoryBytes, cpus }: ForeignContainer): ServerLimits {
  const memoryMb = memoryBytes === undefined ? 0 : Math.floor(memoryBytes / mebibyte);
  return {
    ...(memoryMb >= leastMemoryMb ? { memoryMb } : {}),
    ...(cpus !== undefined && cpus >= 0.1 ? { cpus } : {}),
  };
}

function noEngine(): ZedopsError {
  return new ZedopsError('UNSUPPORTED', 'This host runs its servers without Docker, so that it has no containers', {
    hint: '--data adopts a folder',
  });
}
