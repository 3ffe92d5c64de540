import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { Finding } from '../../protocol/entities/finding.ts';
import { isKeptOriginal } from '../adoption/kept-name.ts';
import type { KeptContainer } from '../runtime/upkeep.ts';
import { isInPlace } from '../servers/standing.ts';

const check = 'left over';
const dayMs = 86_400_000;
/** Entries looked at in one folder, and findings of one kind that are told. */
const mostEntries = 4096;
const mostTold = 20;

/** Finds containers that ZedOps has put aside for a way back that nobody needs after a day. */
export function examineLeftContainers(containers: readonly KeptContainer[], now: number): readonly Finding[] {
  return containers
    .flatMap(({ name, isStopped, idleSince }): Finding[] => {
      if (!isStopped || idleSince === undefined || now - idleSince < dayMs) return [];
      const fix = `once the server that took its place is as it should be: docker rm ${name}`;
      const since = daysText(now - idleSince);
      if (isKeptOriginal(name)) {
        return [{ check, level: 'warn', message: `the adopted original ${name} has not run for ${since}`, fix }];
      }
      if (isInPlace({ name })) return [];
      return [
        {
          check,
          level: 'warn',
          message: `the container ${name}, which a rebuild has put beside the server’s own, has not run for ${since}`,
          fix,
        },
      ];
    })
    .slice(0, mostTold);
}

/** A kind of folder that ZedOps leaves beside what it is about. */
interface LeftKind {
  readonly pattern: RegExp;
  readonly what: string;
  readonly fix: (path: string) => string;
}

const inRoot: readonly LeftKind[] = [
  {
    pattern: /^[a-z][a-z0-9-]*\.moved-\d{8}T\d{6}Z(?:-\d+)?$/,
    what: 'is the world that a move has left behind',
    fix: (path) => `once the server is as it should be where it is now, on this host: rm -r ${quoted(path)}`,
  },
  {
    pattern: /^\.purging-[A-Za-z0-9_-]+$/,
    what: 'is what a purge has not finished removing',
    fix: (path) =>
      `purge the server again (zedops server list --deleted), or where it is listed no more, on this host: rm -r ${quoted(path)}`,
  },
];

const inServer: readonly LeftKind[] = [
  {
    pattern: /^(?:bin|data|workshop)\.failed-[A-Za-z0-9_-]+$/,
    what: 'is the copy of an adoption that failed',
    fix: (path) => `once the original runs as it should, on this host: rm -r ${quoted(path)}`,
  },
];

/**
 * Finds folders that moves, adoptions and purges have left below the data roots for more than a day. It reads names and
 * times, follows no link and goes no deeper than a server's own folder.
 */
export async function examineLeftFolders(roots: readonly string[], now: number): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const root of roots) {
    for (const name of await foldersIn(root)) {
      found.push(...(await examineFolder(root, name, inRoot, now)));
      for (const inner of await foldersIn(join(root, name))) {
        found.push(...(await examineFolder(join(root, name), inner, inServer, now)));
      }
    }
  }
  return found.slice(0, mostTold);
}

async function examineFolder(
  folder: string,
  name: string,
  kinds: readonly LeftKind[],
  now: number,
): Promise<readonly Finding[]> {
  const kind = kinds.find(({ pattern }) => pattern.test(name));
  if (!kind) return [];
  const path = join(folder, name);
  try {
    // The time of its renaming: what is in it may be as old as the world.
    const age = now - (await lstat(path)).ctimeMs;
    if (age < dayMs) return [];
    return [{ check, level: 'warn', message: `${path} ${kind.what}, ${daysText(age)} ago`, fix: kind.fix(path) }];
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Names of the real folders in a folder; none where it is gone or may not be read. */
async function foldersIn(folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  let seen = 0;
  try {
    for await (const entry of await opendir(folder)) {
      if (entry.isDirectory()) names.push(entry.name);
      seen += 1;
      if (seen >= mostEntries) break;
    }
  } catch (error) {
    if (!isMissing(error) && systemErrorCode(error) !== 'EACCES') throw error;
  }
  return names;
}

function quoted(path: string): string {
  return /^[A-Za-z0-9/._-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

function daysText(ms: number): string {
  const days = Math.floor(ms / dayMs);
  return days === 1 ? 'a day' : `${days} days`;
}
