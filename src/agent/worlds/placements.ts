import { lstat, readdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import * as z from 'zod';
import { isMissing, makePrivateFolder, readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverFolder } from '../spec/server-folders.ts';

/** Where a server's folder lies, and what goes on about that. Written in one piece: it decides what is in force. */
export const Placement = z.object({
  /** The data root its folder is in. */
  root: z.string(),
  /** Set while its folder is moved: the folder it leaves, and the data root it goes to. */
  moving: z.object({ from: z.string(), to: z.string() }).optional(),
  /** Set while its world is copied from another server's, or from another host. */
  arriving: z.boolean().optional(),
  /** Set from when it is stopped to go to another host: it must not run here any more, unless it is taken back. */
  leaving: z.boolean().optional(),
  /** Copies of its world that moves have left behind, with when that was, in milliseconds since 1970. */
  originals: z.array(z.object({ path: z.string(), at: z.number() })).default([]),
});
export type Placement = z.output<typeof Placement>;

/** A copy of a world that a move has left behind. */
export type Original = Placement['originals'][number];

/** Where the folders of this host's servers lie. The agent alone writes it; it outlives the process. */
export interface Placements {
  /** The data root of a server's folder: the first of the agent where nothing was moved. */
  rootOf(server: { readonly id: string }): string;
  /** A server's own folder, `<data root>/<server name>`. */
  folderOf(server: Pick<DesiredServer, 'id' | 'name' | 'folder'>): string;
  find(serverId: string): Placement | undefined;
  /**
   * Resolves when it is on disk. From then on it is in force. What was left behind by earlier moves stays noted;
   * `leaves` is added to it, in the same piece.
   */
  write(serverId: string, placement: Omit<Placement, 'originals'>, leaves?: Original): Promise<void>;
  /** Forgets a copy that was left behind and is no more. */
  dropOriginal(serverId: string, path: string): Promise<void>;
  /** Forgets a server that is no more; what says where a copy of its world was left stays. */
  forget(serverId: string): Promise<void>;
  /** Worlds that were left behind by moves. */
  originals(): readonly (Original & { readonly serverId: string })[];
}

/** What {@link openPlacements} needs. */
export interface PlacementOptions {
  readonly folder: string;
  /** The data root of servers nobody has moved. */
  readonly dataRoot: string;
  readonly log: Log;
}

/**
 * Opens the placements in `folder`. A move that was cut off between the renaming of a folder and the note of it is noted
 * now: what is in force afterwards is where the folder is.
 * @throws ZedopsError CONFLICT for a file that cannot be read, because guessing could make a new, empty world.
 */
export async function openPlacements({ folder, dataRoot, log }: PlacementOptions): Promise<Placements> {
  await makePrivateFolder(folder);
  const placements = new Map<string, Placement>();
  // Writes follow one another, so that none of them puts back what another has changed.
  let writing: Promise<unknown> = Promise.resolve();
  const inTurn = (task: () => Promise<void>): Promise<void> => {
    const done = writing.then(task);
    writing = done.catch(() => undefined);
    return done;
  };
  const keep = async (serverId: string, placement: Placement): Promise<void> => {
    await writeAtomically(join(folder, `${serverId}.json`), JSON.stringify(placement));
    placements.set(serverId, placement);
  };
  const write: Placements['write'] = (serverId, placement, leaves) =>
    inTurn(() => {
      const kept = placements.get(serverId)?.originals ?? [];
      return keep(serverId, { ...placement, originals: leaves ? [...kept, leaves] : kept });
    });
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.json')) continue;
    const serverId = basename(file, '.json');
    const placement = await readPlacement(join(folder, file));
    placements.set(serverId, placement);
    const target = placement.moving && join(placement.moving.to, basename(placement.moving.from));
    if (target === undefined || placement.moving === undefined || placement.root === placement.moving.to) continue;
    if ((await isThere(placement.moving.from)) || !(await isThere(target))) continue;
    log.warn({ serverId, folder: target }, 'a move was cut off after its folder had gone over: it is in force now');
    await write(serverId, { ...placement, root: placement.moving.to });
  }
  const rootOf = ({ id }: { readonly id: string }): string => placements.get(id)?.root ?? dataRoot;
  return {
    rootOf,
    folderOf: (server) => serverFolder(server, rootOf(server)),
    find: (serverId) => placements.get(serverId),
    write,
    dropOriginal: (serverId, path) =>
      inTurn(async () => {
        const placement = placements.get(serverId);
        if (!placement?.originals.some((one) => one.path === path)) return;
        await keep(serverId, { ...placement, originals: placement.originals.filter((one) => one.path !== path) });
      }),
    forget: (serverId) =>
      inTurn(async () => {
        if ((placements.get(serverId)?.originals.length ?? 0) > 0) return;
        await rm(join(folder, `${serverId}.json`), { force: true });
        placements.delete(serverId);
      }),
    originals: () =>
      [...placements].flatMap(([serverId, { originals }]) => originals.map((one) => ({ serverId, ...one }))),
  };
}

/** Refuses to make a container for a server whose folder is not where this agent may use it, or not there yet. */
export function refuseUnplaced(
  placements: Placements,
  server: { readonly id: string; readonly name: string },
  roots: readonly string[],
): void {
  if (placements.find(server.id)?.arriving === true) {
    throw new ZedopsError(
      'CONFLICT',
      `The world of ${server.name} was to be copied from another server and did not arrive`,
      {
        hint: `zedops server delete ${server.name}, and clone again`,
      },
    );
  }
  refuseLeaving(placements, server);
  const root = resolve(placements.rootOf(server));
  if (roots.includes(root)) return;
  throw new ZedopsError('FORBIDDEN', `${server.name} lies in ${root}, which is no data root of this host any more`, {
    hint: 'add it to the setting agent.dataRoots on the host and restart the agent',
  });
}

/** Refuses to run a server that goes, or has gone, to another host: it must never run on two. */
export function refuseLeaving(
  placements: Pick<Placements, 'find'>,
  { id, name }: { readonly id: string; readonly name: string },
): void {
  if (placements.find(id)?.leaving !== true) return;
  throw new ZedopsError('CONFLICT', `${name} is on its way from this host to another one`, {
    hint: `zedops server show ${name}`,
  });
}

/** Says whether something stands at a path, a link included. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function readPlacement(path: string): Promise<Placement> {
  const text = await readIfThere(path);
  try {
    return Placement.parse(JSON.parse(text ?? ''));
  } catch (cause) {
    throw new ZedopsError('CONFLICT', `${path}, which says where a server's world lies, cannot be read`, {
      hint: `look where the world is, and write {"root":"<the folder that holds the server's folder>"} there`,
      cause,
    });
  }
}
