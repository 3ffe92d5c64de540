import { realpath, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { DesiredServer, StopReport } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Doing, Lifecycle, Started } from '../servers/lifecycle.ts';
import { serverFolder } from '../spec/server-folders.ts';
import { originalName } from './original-name.ts';
import { isThere, type Placement, type Placements } from './placements.ts';
import {
  arrivingFolder,
  copyAndCompare,
  copyWhileLive,
  refuseWithoutRoom,
  renameFolder,
  type Transfer,
} from './transfer.ts';

/** How a move ended. */
export interface Moved {
  /** The server's folder now. */
  readonly folder: string;
  /** The folder it had; absent where it lay there already. */
  readonly from?: string;
  /** Where the original is kept; absent where the folder itself went over. */
  readonly originalAt?: string;
  readonly stop?: StopReport;
  readonly state: Started['state'];
  readonly readyAt?: string;
}

/** What {@link moveServer} needs. */
export interface MoveDeps {
  readonly placements: Placements;
  readonly lifecycle: Pick<Lifecycle, 'remove' | 'create'>;
  readonly clock: Clock;
  /** Every data root of this host. */
  readonly roots: readonly string[];
  /** Folder for manifests while they are needed. */
  readonly work: string;
  /** Says whether a rename can take something from one folder to the other. */
  readonly isSameDisk: (from: string, to: string) => Promise<boolean>;
}

/**
 * Moves a server's folder to another data root of this host. On the same file system the folder goes over in one step;
 * else it is copied while the game runs, what changed since is copied while it is stopped, both are compared, and the
 * original is kept under another name. The note of where the folder lies is what switches: cut off at any point and run
 * again it goes on, and what is in force meanwhile is one of the two, whole.
 * @throws ZedopsError what hindered it, saying where the server lies now.
 */
export async function moveServer(deps: MoveDeps, server: DesiredServer, to: string, doing: Doing): Promise<Moved> {
  const { placements, lifecycle, clock } = deps;
  const root = await allowedRoot(deps.roots, to);
  let stop: StopReport | undefined;
  if (placements.rootOf(server) !== root) {
    await begin(deps, server, root);
    try {
      stop = await goOver(deps, server, root, doing);
    } catch (error) {
      await comeBack(deps, server, doing, error);
    }
  }
  const left = await leaveOriginal(placements, server, clock.now());
  await rm(join(deps.work, server.id), { recursive: true, force: true });
  const folder = placements.folderOf(server);
  try {
    return { folder, ...left, ...(stop ? { stop } : {}), ...(await lifecycle.create(server, doing)) };
  } catch (error) {
    throw told(error, `${server.name} lies in ${folder} now, and could not be made to run there`);
  }
}

/** The data root someone names. @throws ZedopsError FORBIDDEN for any other folder, NOT_FOUND where it is not there. */
async function allowedRoot(roots: readonly string[], wanted: string): Promise<string> {
  const root = resolve(wanted);
  if (!roots.includes(root)) {
    throw new ZedopsError('FORBIDDEN', `${root} is no data root of this host; it has ${roots.join(', ')}`, {
      hint: `add it to the setting agent.dataRoots on the host and restart the agent`,
    });
  }
  const isFolder = await stat(root).then(
    (there) => there.isDirectory(),
    (error) => {
      if (isMissing(error)) return false;
      throw error;
    },
  );
  if (isFolder) return root;
  throw new ZedopsError('NOT_FOUND', `The data root ${root} is not there`, {
    hint: `mkdir ${root}, or mount its disk`,
  });
}

/** Checks what can be checked at once, and notes on disk that a move is under way. */
async function begin({ placements }: MoveDeps, server: DesiredServer, root: string): Promise<void> {
  const from = placements.folderOf(server);
  const placement = placements.find(server.id);
  if (placement?.moving?.to === root) return;
  if (!(await isThere(from))) throw new ZedopsError('NOT_FOUND', `${server.name} has no folder ${from} to move`);
  const target = serverFolder(server, root);
  if (await isThere(target)) {
    throw new ZedopsError('CONFLICT', `${target} is there already`, {
      hint: 'move it away on the host, or look whose it is',
    });
  }
  if (`${await realpath(root)}/`.startsWith(`${await realpath(from)}/`)) {
    throw new ZedopsError('INVALID_INPUT', `${root} lies within ${from}, which is to move`);
  }
  await placements.write(server.id, {
    root: placements.rootOf(server),
    ...placement,
    moving: { from, to: root },
  });
}

/** Everything up to the switch and the switch itself. */
async function goOver(
  { placements, lifecycle, clock, work, isSameDisk }: MoveDeps,
  server: DesiredServer,
  root: string,
  doing: Doing,
): Promise<StopReport> {
  const { report, signal } = doing;
  const from = placements.folderOf(server);
  const target = serverFolder(server, root);
  const arriving = arrivingFolder(target);
  const transfer: Transfer = { from, to: arriving, work: join(work, server.id), clock, report, signal };
  // An earlier run may have been cut off just before the switch; its copy is brought up to date like any other.
  if (await isThere(target)) await renameFolder(target, arriving);
  const canRename = await isSameDisk(from, root);
  if (!canRename) {
    await refuseWithoutRoom(from, arriving, signal);
    await copyWhileLive(transfer);
  }
  const stop = await lifecycle.remove(server, doing);
  signal.throwIfAborted();
  if (!(canRename && (await renamedOver(from, target)))) {
    await copyAndCompare(transfer);
    signal.throwIfAborted();
    report({ step: `switching to ${target}` });
    await renameFolder(arriving, target);
  }
  const placement = placements.find(server.id);
  if (!placement) throw new Error('a move was under way without a note of it');
  await placements.write(server.id, { ...placement, root });
  return stop;
}

/** Renames a folder; false where the two places turn out to be on different file systems after all. */
async function renamedOver(from: string, target: string): Promise<boolean> {
  try {
    await renameFolder(from, target);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EXDEV') return false;
    throw error;
  }
}

/** After a failure: the old folder is in force, and the server runs from it again. What was copied stays for the next try. */
async function comeBack(
  { placements, lifecycle }: MoveDeps,
  server: DesiredServer,
  { report }: Doing,
  error: unknown,
): Promise<never> {
  const placement = placements.find(server.id);
  const folder = placements.folderOf(server);
  if (placement?.moving) {
    const { moving: _, ...rest } = placement;
    await placements.write(server.id, rest);
  }
  report({ step: `it stays in ${folder}` });
  // Not the job's own signal: a move that was cancelled still owes the server its container.
  const doing = { report, signal: new AbortController().signal };
  try {
    await lifecycle.create(server, doing);
  } catch (second) {
    throw told(error, `${server.name} stays in ${folder}, and could not be started again (${messageOf(second)})`);
  }
  throw told(error, `${server.name} stays in ${folder}`);
}

/** After the switch: gives the original, where there is one, a name under which nothing uses it. */
async function leaveOriginal(
  placements: Placements,
  server: DesiredServer,
  now: number,
): Promise<Pick<Moved, 'from' | 'originalAt'>> {
  const placement = placements.find(server.id);
  if (!placement?.moving) return {};
  const { moving, ...rest } = placement;
  const { from } = moving;
  const originalAt = await leaveBehind(placements, server, from, placement, now);
  await placements.write(server.id, rest);
  return { from, ...(originalAt === undefined ? {} : { originalAt }) };
}

/**
 * Gives a folder nobody is to use any more the name of an original, and says it; undefined where there is no such folder.
 * The name is noted first, because a folder that nobody knows of would lie there for ever. Cut off and done again it goes
 * on.
 */
export async function leaveBehind(
  placements: Pick<Placements, 'find' | 'write'>,
  server: DesiredServer,
  from: string,
  placement: Omit<Placement, 'originals'>,
  now: number,
): Promise<string | undefined> {
  const originals = placements.find(server.id)?.originals ?? [];
  const noted = originals.findLast(({ path }) => path.startsWith(originalName(from, '')))?.path;
  const isNotedThere = noted !== undefined && (await isThere(noted));
  if (!(await isThere(from))) return isNotedThere ? noted : undefined;
  const path = noted !== undefined && !isNotedThere ? noted : await freeName(originalName(from, stampOf(now)));
  if (path !== noted) await placements.write(server.id, placement, { path, at: now });
  await renameFolder(from, path);
  return path;
}

function stampOf(now: number): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
}

/** A name that nothing has: a folder renamed onto an empty one would take its place without a word. */
async function freeName(path: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? path : `${path}-${number}`;
    if (!(await isThere(name))) return name;
  }
}

function told(error: unknown, where: string): unknown {
  if (!(error instanceof ZedopsError)) return error;
  return new ZedopsError(error.code, `${error.message}; ${where}`, { hint: error.hint, cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof ZedopsError ? error.message : 'the agent’s log has the cause';
}
