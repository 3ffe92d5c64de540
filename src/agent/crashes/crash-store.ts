import { readdir, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, makePrivateFolder, readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import { type Crash, CrashEvidence } from '../../protocol/entities/crash.ts';
import { ZedopsError } from '../../protocol/errors.ts';

/** The crashes of this host's servers, on disk: `<serverId>/<id>.json`, and `<id>.log` with the lines. */
export interface CrashStore {
  /** Keeps a crash; the oldest of the server's beyond the most kept are forgotten. */
  add(evidence: CrashEvidence): Promise<void>;
  /** Crashes of one server, newest first. */
  of(serverId: string): Promise<readonly Crash[]>;
  /** Crashes of all servers, newest first, at most 500. */
  all(): Promise<readonly Crash[]>;
  /** Forgets every crash of a server, with its files. */
  forgetServer(serverId: string): Promise<void>;
  /** @throws ZedopsError NOT_FOUND */
  read(id: string): Promise<CrashEvidence>;
}

const keptOfOne = 50;
const mostListed = 500;
const Record = CrashEvidence.omit({ lines: true });

/** Opens the crashes in `folder`. A server's are read when they are first asked for. */
export async function openCrashStore(folder: string, log: Log, kept: number = keptOfOne): Promise<CrashStore> {
  await makePrivateFolder(folder);
  const loaded = new Map<string, Promise<readonly Crash[]>>();

  const load = async (serverId: string): Promise<readonly Crash[]> => {
    const crashes: Crash[] = [];
    for (const file of await filesOf(join(folder, serverId))) {
      if (!file.endsWith('.json')) continue;
      const record = await readRecord(join(folder, serverId, file));
      if (record) crashes.push(record.crash);
      else log.warn({ serverId, file }, 'a crash file cannot be read; it is left where it is');
    }
    return crashes.toSorted(newestFirst);
  };

  const of = (serverId: string): Promise<readonly Crash[]> => {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(serverId)) return Promise.resolve([]);
    const known = loaded.get(serverId) ?? load(serverId);
    loaded.set(serverId, known);
    known.catch(() => loaded.delete(serverId));
    return known;
  };

  const all = async (): Promise<readonly Crash[]> => {
    const crashes: Crash[] = [];
    // One after the other, so that many files never hold up what else the agent does.
    for (const serverId of await filesOf(folder)) crashes.push(...(await of(serverId)));
    return crashes.toSorted(newestFirst);
  };

  const forget = async ({ serverId, id }: Crash): Promise<void> => {
    for (const ending of ['json', 'log']) {
      await unlink(join(folder, serverId, `${id}.${ending}`)).catch((error: unknown) => {
        if (!isMissing(error)) log.error({ error: asError(error) }, 'an old crash could not be forgotten');
      });
    }
  };

  return {
    of,
    all: async () => (await all()).slice(0, mostListed),
    async add({ lines, ...record }) {
      const { id, serverId } = record.crash;
      if (!/^[A-Za-z0-9_-]{1,64}$/.test(serverId)) {
        throw new ZedopsError('INVALID_INPUT', `The id of ${record.crash.server} cannot be the name of a folder`);
      }
      const before = await of(serverId);
      await makePrivateFolder(join(folder, serverId));
      // The record last: a crash without one is none.
      await writeAtomically(join(folder, serverId, `${id}.log`), lines.map((line) => `${line}\n`).join(''));
      await writeAtomically(join(folder, serverId, `${id}.json`), JSON.stringify(record));
      const now = [record.crash, ...before].toSorted(newestFirst);
      loaded.set(serverId, Promise.resolve(now.slice(0, kept)));
      for (const old of now.slice(kept)) await forget(old);
    },
    async forgetServer(serverId) {
      if (!/^[A-Za-z0-9_-]{1,64}$/.test(serverId)) return;
      loaded.delete(serverId);
      await rm(join(folder, serverId), { recursive: true, force: true });
    },
    async read(id) {
      const crash = (await all()).find((one) => one.id === id);
      const record = crash && (await readRecord(join(folder, crash.serverId, `${id}.json`)));
      if (!crash || !record) {
        throw new ZedopsError('NOT_FOUND', `This host has no crash ${id}`, { hint: 'zedops crashes list' });
      }
      const text = (await readIfThere(join(folder, crash.serverId, `${id}.log`))) ?? '';
      return { ...record, lines: text === '' ? [] : text.slice(0, -1).split('\n') };
    },
  };
}

async function filesOf(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.'));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function readRecord(path: string): Promise<Omit<CrashEvidence, 'lines'> | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return Record.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function newestFirst(a: Crash, b: Crash): number {
  return a.at < b.at ? 1 : a.at > b.at ? -1 : 0;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
