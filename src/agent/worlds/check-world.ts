import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, isoTime } from '../../platform/clock.ts';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { Step } from '../../protocol/entities/job.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { FolderSize, WorldCheck, WorldFinding } from '../../protocol/entities/world-check.ts';
import {
  type HeadReading,
  headBytes,
  isMapChunk,
  readSqliteHead,
  readWorldVersion,
  saveFolders,
  type WorldFile,
  worldFiles,
} from '../../zomboid/world/world-files.ts';
import { serverFolder } from '../spec/server-folders.ts';
import { measureFolder } from './measure.ts';

/** What {@link createWorldChecks} is made of. */
export interface WorldCheckDeps {
  /** The data root a server's folder is in. */
  readonly rootOf: (server: DesiredServer) => string;
  readonly clock: Clock;
  /** Says whether the game runs now, and whether it ever did, as far as this host knows. */
  readonly runOf: (serverId: string) => { readonly isRunning: boolean; readonly neverRan: boolean };
  /** Ends walks that are under way. */
  readonly signal: AbortSignal;
}

/** Looks at the files of worlds. */
export interface WorldChecks {
  /** Looks at a server's files; how large they are is measured at most every five minutes. */
  check(server: DesiredServer, report: (step: Step) => void): Promise<WorldCheck>;
}

interface Sizes {
  readonly folders: readonly FolderSize[];
  readonly mapChunks: number;
  readonly at: number;
  /** By the steady clock. */
  readonly read: number;
}

const measuredForMs = 300_000;
const reportEvery = 5_000;

/** Makes what looks at the files of worlds. */
export function createWorldChecks({ rootOf, clock, runOf, signal }: WorldCheckDeps): WorldChecks {
  const measured = new Map<string, Promise<Sizes>>();
  const done = new Map<string, Sizes>();
  // One walk at a time on this host, whoever asks.
  let walking: Promise<unknown> = Promise.resolve();

  const measure = async (server: DesiredServer, report: (step: Step) => void): Promise<Sizes> => {
    const folder = serverFolder(server, rootOf(server));
    const saves = saveFolders(server.game.worldName).map((save) => `${save}/`);
    const folders: FolderSize[] = [];
    let mapChunks = 0;
    for (const { folder: name } of server.game.volumes) {
      const size = await measureFolder(join(folder, name), {
        clock,
        signal,
        onFile(path, count) {
          const save = name === 'data' ? saves.find((start) => path.startsWith(start)) : undefined;
          if (save !== undefined && isMapChunk(path.slice(save.length))) mapChunks += 1;
          if (count % reportEvery === 0) report({ step: `measuring ${name}: ${count} files so far` });
        },
      });
      if (size) folders.push({ folder: name, ...size });
    }
    return { folders, mapChunks, at: clock.now(), read: clock.steady() };
  };

  /** The sizes as they were at most five minutes ago; who asks while they are measured waits for the same walk. */
  const sizesOf = (server: DesiredServer, report: (step: Step) => void): Promise<Sizes> => {
    const known = done.get(server.id);
    if (known && clock.steady() - known.read < measuredForMs) return Promise.resolve(known);
    const underWay = measured.get(server.id);
    if (underWay) return underWay;
    const walk = walking.then(() => measure(server, report));
    walking = walk.catch(() => undefined);
    measured.set(server.id, walk);
    const keep = walk.then((sizes) => void done.set(server.id, sizes));
    return keep.then(() => walk).finally(() => measured.delete(server.id));
  };

  return {
    async check(server, report) {
      const folder = serverFolder(server, rootOf(server));
      report({ step: 'looking at the world' });
      const findings = await lookAtFiles(join(folder, 'data'), server.game.worldName, runOf(server.id));
      const base = { server: server.name, folder, findings: [...findings] };
      if (!(await isFolder(folder))) return base;
      const { folders, mapChunks, at, read } = await sizesOf(server, report);
      return {
        ...base,
        sizes: {
          folders: [...folders],
          mapChunks,
          measuredAt: isoTime(at),
          ageSeconds: (clock.steady() - read) / 1000,
        },
      };
    },
  };
}

async function lookAtFiles(
  data: string,
  worldName: string,
  { isRunning, neverRan }: { readonly isRunning: boolean; readonly neverRan: boolean },
): Promise<readonly WorldFinding[]> {
  const saves = saveFolders(worldName);
  const [usual = ''] = saves;
  let save = usual;
  for (const candidate of saves) if (await isFolder(join(data, candidate))) save = candidate;
  const findings: WorldFinding[] = [];
  for (const file of worldFiles(worldName, save)) findings.push(await lookAtFile(data, file, isRunning));
  const isNothingThere = findings.every(({ text }) => text === missing);
  if (!isNothingThere) return findings;
  return neverRan
    ? [{ item: save, level: 'warn', text: 'the game was never started, so there is no world yet' }]
    : [{ item: save, level: 'fail', text: 'there is no world: neither saves nor settings nor accounts' }];
}

const missing = 'is missing';

async function lookAtFile(data: string, file: WorldFile, isRunning: boolean): Promise<WorldFinding> {
  const item = file.path;
  const blocked = await notReal(data, dirname(file.path));
  if (blocked !== undefined) return { item, level: 'fail', text: `${blocked} is not a real folder` };
  const seen = await readHead(join(data, file.path));
  if (seen === undefined) return { item, level: file.missing, text: missing };
  if ('problem' in seen) return { item, level: 'fail', text: seen.problem };
  const reading = readAs(file.kind, seen.head, seen.size);
  if ('about' in reading) return { item, level: 'ok', text: reading.about };
  // A game that writes at this moment may be seen half-way.
  return {
    item,
    level: isRunning ? 'warn' : 'fail',
    text: `${reading.fault}${isRunning ? ' while the game runs' : ''}`,
  };
}

function readAs(kind: WorldFile['kind'], head: Uint8Array, size: number): HeadReading {
  switch (kind) {
    case 'sqlite':
      return readSqliteHead(head, size);
    case 'world-version':
      return readWorldVersion(head, size);
    case 'text':
      return size === 0 ? { fault: 'is empty' } : { about: `${size} bytes` };
  }
}

/** The first folder on the way to `path` that is there and is a link or a file. */
async function notReal(data: string, path: string): Promise<string | undefined> {
  let below = '';
  for (const part of path.split('/')) {
    below = below === '' ? part : `${below}/${part}`;
    const there = await lstatIfThere(join(data, below));
    if (!there) return undefined;
    if (!there.isDirectory()) return below;
  }
  return undefined;
}

/** The first bytes of a real file and its size; undefined where there is none. */
async function readHead(
  path: string,
): Promise<{ readonly head: Uint8Array; readonly size: number } | { readonly problem: string } | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const there = await file.stat();
      if (!there.isFile()) return { problem: 'is not a file' };
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
      return { head: buffer.subarray(0, bytesRead), size: there.size };
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'ELOOP') return { problem: 'is a symbolic link, which ZedOps does not follow' };
    if (code === undefined) throw error;
    return { problem: `cannot be read (${code})` };
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstatIfThere(path))?.isDirectory() === true;
}

async function lstatIfThere(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error) || systemErrorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
