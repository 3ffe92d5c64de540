import { appendFile, chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makePrivateFolder, privateFile, readIfThere, writeAtomically } from '../files/atomic-file.ts';

/** What was typed in one place, kept over sessions. */
export interface LineHistory {
  /** Oldest first. */
  readonly lines: readonly string[];
  /** Keeps a line, unless it is the last one again or may not be kept. */
  add(line: string): Promise<void>;
}

/** So many lines are kept in each place. */
const mostLines = 1000;

/** The file in the client's folder with what was typed in the console of the server with this id. */
export function consoleHistoryPath(folder: string, serverId: string): string {
  return join(folder, 'console-history', `${serverId.replace(/[^\w-]/g, '_')}.txt`);
}

/** Opens what was typed in one place. The file is the owner's alone; lines that `mayKeep` refuses never reach it. */
export async function openLineHistory(path: string, mayKeep: (line: string) => boolean): Promise<LineHistory> {
  const isKept = (line: string): boolean => line.trim() !== '' && line.length <= 1024 && mayKeep(line);
  await makePrivateFolder(dirname(path));
  const kept = (await readIfThere(path))?.split('\n').filter(isKept) ?? [];
  const lines = kept.slice(-mostLines);
  if (kept.length > 0) await chmod(path, privateFile);
  if (kept.length > mostLines) await writeAtomically(path, `${lines.join('\n')}\n`);
  return {
    lines,
    async add(line) {
      if (!isKept(line) || lines.at(-1) === line) return;
      lines.push(line);
      if (lines.length > mostLines) lines.shift();
      await appendFile(path, `${line}\n`, { mode: privateFile });
    },
  };
}

/** A history that is there at once, and in which what was typed before appears when it has been read. */
export interface LateHistory extends LineHistory {
  /** Resolves when it has, or when that has failed. */
  readonly loaded: Promise<void>;
}

/** Makes a history that is read while one already types. `onFault` is told why it cannot be read or kept. */
export function loadHistory(opening: Promise<LineHistory>, onFault: (error: unknown) => void): LateHistory {
  const lines: string[] = [];
  let opened: LineHistory | undefined;
  const loaded = opening.then(
    (history) => {
      opened = history;
      lines.unshift(...history.lines);
    },
    (error: unknown) => onFault(error),
  );
  return {
    lines,
    loaded,
    async add(line) {
      await loaded;
      if (!opened) return;
      await opened.add(line);
      if (opened.lines.at(-1) === line && lines.at(-1) !== line) lines.push(line);
    },
  };
}
