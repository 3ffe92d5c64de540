import type { Stats } from 'node:fs';
import { chmod, lchown, lstat, mkdir, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { claimFolder, disclaimFolder } from '../worlds/ownership.ts';

/** Others may pass through a server's folder, but its data, which holds passwords, is its owner's. */
const serverFolderMode = 0o755;
const volumeFolderMode = 0o750;

/** A server's own folder on its host: `<data root>/<server name>`, by the name it had when it was made. */
export function serverFolder(server: Pick<DesiredServer, 'name' | 'folder'>, dataRoot: string): string {
  return join(dataRoot, server.folder ?? server.name);
}

/**
 * Makes the folders that a server's container mounts. Those it makes belong to the template's owner; those that are
 * there stay as they are. The server's own folder is marked as its own. The returned function takes away again what
 * this call made and what is still empty. `isKnown` says whether this host knows a server of that id.
 * @throws ZedopsError FORBIDDEN where a symbolic link or a file stands in the way, CONFLICT where the folder is another's.
 */
export async function prepareFolders(
  server: DesiredServer,
  dataRoot: string,
  isKnown: (id: string) => boolean = () => false,
): Promise<() => Promise<void>> {
  const made: string[] = [];
  let isClaimed = false;
  const takeBack = async (): Promise<void> => {
    if (isClaimed) await disclaimFolder(folder);
    for (const path of made.toReversed()) await removeIfEmpty(path);
  };
  const folder = serverFolder(server, dataRoot);
  try {
    if (await makeFolder(folder, serverFolderMode)) made.push(folder);
    isClaimed = await claimFolder(folder, server, isKnown);
    for (const volume of server.game.volumes) {
      const path = join(folder, volume.folder);
      if (!(await makeFolder(path, volumeFolderMode))) continue;
      made.push(path);
      const { owner } = server.game;
      if (owner) await give(path, owner);
    }
  } catch (error) {
    await takeBack();
    throw error;
  }
  return takeBack;
}

/** Says whether a server's world is on disk: a save folder of its name with something in it. */
export async function worldPresent(
  server: Pick<DesiredServer, 'name'> & { readonly game: Pick<DesiredServer['game'], 'worldName'> },
  dataRoot: string,
): Promise<boolean> {
  const saves = join(serverFolder(server, dataRoot), 'data', 'Saves', 'Multiplayer');
  const { worldName } = server.game;
  // The game writes a space of the world's name as an underscore.
  for (const name of new Set([worldName, worldName.replaceAll(' ', '_')])) {
    if (await hasEntries(join(saves, name))) return true;
  }
  return false;
}

/** Says whether there is nothing of a server on disk: neither a file nor a folder with something in it. */
export async function isFolderBare(server: Pick<DesiredServer, 'name'>, dataRoot: string): Promise<boolean> {
  return !(await hasEntries(serverFolder(server, dataRoot)));
}

/** Makes one folder; says whether it was made now. */
async function makeFolder(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw cannotMake(path, error);
    const there = await lstat(path);
    if (!there.isDirectory()) throw inTheWay(path, there);
    return false;
  }
  // The process's umask must not decide who can read a world.
  await chmod(path, mode);
  return true;
}

async function give(path: string, { uid, gid }: { readonly uid: number; readonly gid: number }): Promise<void> {
  try {
    await lchown(path, uid, gid);
  } catch (cause) {
    // An agent that is not root can give nothing away; the game then runs as the agent's own user.
    if (systemErrorCode(cause) !== 'EPERM') throw cause;
  }
}

async function removeIfEmpty(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== 'ENOTEMPTY' && code !== 'ENOENT') throw error;
  }
}

async function hasEntries(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length > 0;
  } catch (error) {
    if (isMissing(error) || systemErrorCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}

function inTheWay(path: string, there: Stats): ZedopsError {
  const what = there.isSymbolicLink() ? 'a symbolic link' : 'not a folder';
  return new ZedopsError('FORBIDDEN', `${path} is ${what}; a server's folders must be real folders`, {
    hint: 'move the data there, or point agent.dataRoot at the disk that has room',
  });
}

function cannotMake(path: string, cause: unknown): ZedopsError {
  const code = systemErrorCode(cause) ?? 'unknown';
  if (isMissing(cause)) {
    return new ZedopsError('NOT_FOUND', `The data root of ${path} is not there`, {
      hint: 'create it, or set agent.dataRoot',
      cause,
    });
  }
  return new ZedopsError('FORBIDDEN', `The folder ${path} cannot be made (${code})`, {
    hint: 'the agent needs to write below agent.dataRoot',
    cause,
  });
}
