import { constants } from 'node:fs';
import { type FileHandle, lstat, open, opendir } from 'node:fs/promises';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import { type GameLogType, gameLogTypeOf, isGameLogArchive } from '../../zomboid/game-log/log-file-name.ts';

/** A file of `Logs/`, or of a folder of earlier runs in it, as it was when it was looked at. */
export interface LogFile {
  readonly name: string;
  /** Where it is in `Logs/`: its name, after that of the folder it was moved to. */
  readonly path: string;
  readonly type: GameLogType;
  /** Its inode: the name by which it is known when it is moved. */
  readonly inode: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly changedMs: number;
  /** Opens it for reading; undefined where something else stands there by now. The caller closes it. */
  open(): Promise<FileHandle | undefined>;
}

/** The folder `Logs/` of a server while it is open. */
export interface OpenLogFolder {
  files(): Promise<readonly LogFile[]>;
  /** Files that a start of the game has moved away, the newest folders first: those of so many folders, 16 unless told. */
  archived(mostFolders?: number): AsyncIterable<LogFile>;
}

const openFolder = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** A pipe that the game has put there must not hold anyone up. */
const openFile = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const mostNames = 2_000;
const mostArchives = 16;

/**
 * Works on the folder `Logs/` in a server's own folder; undefined where there is none. The game, and whoever plays with
 * its files, owns what is in there: each step is taken from an open folder to what is in it, and never by a link, so
 * that no file outside of the server's own data is ever opened.
 */
export async function withLogFolder<Result>(
  serverFolder: string,
  work: (folder: OpenLogFolder) => Promise<Result>,
): Promise<Result | undefined> {
  const opened: FileHandle[] = [];
  const enter = async (path: string): Promise<string | undefined> => {
    const handle = await openIfThere(path, openFolder);
    if (handle) opened.push(handle);
    return handle && `/proc/self/fd/${handle.fd}`;
  };
  try {
    const own = await enter(serverFolder);
    const data = own && (await enter(`${own}/data`));
    const logs = data && (await enter(`${data}/Logs`));
    if (logs === undefined) return undefined;
    return await work({
      files: () => filesIn(logs, ''),
      async *archived(mostFolders = mostArchives) {
        const folders: { readonly name: string; readonly changedMs: number }[] = [];
        for (const name of await namesIn(logs)) {
          const there = isGameLogArchive(name) ? await lookAt(`${logs}/${name}`) : undefined;
          if (there?.isDirectory()) folders.push({ name, changedMs: Number(there.mtimeMs) });
        }
        folders.sort((a, b) => b.changedMs - a.changedMs);
        for (const { name } of folders.slice(0, mostFolders)) {
          const inside = await enter(`${logs}/${name}`);
          if (inside !== undefined) yield* await filesIn(inside, `${name}/`);
        }
      },
    });
  } finally {
    for (const handle of opened.reverse()) await handle.close();
  }
}

async function filesIn(folder: string, within: string): Promise<readonly LogFile[]> {
  const files: LogFile[] = [];
  for (const name of await namesIn(folder)) {
    const type = gameLogTypeOf(name);
    const path = `${folder}/${name}`;
    const there = type && (await lookAt(path));
    if (!type || !there?.isFile()) continue;
    const inode = String(there.ino);
    files.push({
      ...{ name, path: within + name, type, inode, size: Number(there.size), changedMs: Number(there.mtimeMs) },
      async open() {
        const handle = await openIfThere(path, openFile);
        const stats = await handle?.stat({ bigint: true });
        if (stats?.isFile() && String(stats.ino) === inode) return handle;
        await handle?.close();
        return undefined;
      },
    });
  }
  return files;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  // The loop closes the folder, also where it is left early.
  for await (const { name } of await opendir(folder)) {
    names.push(name);
    if (names.length === mostNames) break;
  }
  return names.sort();
}

async function lookAt(path: string) {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Undefined for what is not there, or is a link or anything else that is not to be opened. */
async function openIfThere(path: string, flags: number): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags);
  } catch (error) {
    if (isMissing(error) || ['ELOOP', 'ENOTDIR', 'ENXIO'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}
