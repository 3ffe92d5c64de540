import { rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { makePrivateFolder } from '../../platform/files/atomic-file.ts';
import type { DescribedWorld, RelocationPhase } from '../../protocol/entities/relocation.ts';
import type { DesiredServer, StopReport } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { OtherLog, TakeOverLog } from '../logs/take-over.ts';
import type { Doing, Lifecycle, Started } from '../servers/lifecycle.ts';
import { copyFrom } from './copy-tree.ts';
import { compareManifests, manifestOf, readManifest, writeManifest } from './manifest.ts';
import { isThere, type Placements } from './placements.ts';
import type { Piece } from './read-batches.ts';
import { bringManifest, type RemoteReader, remoteTree } from './remote-world.ts';
import { removeTree } from './remove-tree.ts';
import { arrivingFolder, renameFolder } from './transfer.ts';
import { walkTree } from './walk.ts';

/** What the manager says of a relocation. */
export interface RelocationState {
  readonly phase: RelocationPhase | 'none';
  /** What the server should be by now, where this host is in force. */
  readonly server?: DesiredServer | undefined;
  readonly stop?: StopReport | undefined;
}

/** The other end of a relocation, through the manager. Each waits for a manager and a host that are away. */
export interface OtherHost {
  describe(isLive: boolean, doing: Doing): Promise<DescribedWorld>;
  readonly read: (path: string | undefined, offset: number, length: number, signal: AbortSignal) => Promise<Buffer>;
  readonly readMany: (files: readonly Piece[], signal: AbortSignal) => Promise<readonly (Buffer | undefined)[]>;
  readonly log: OtherLog;
  step(step: 'look' | 'stop' | 'switch' | 'settle' | 'back', doing: Doing): Promise<RelocationState>;
}

/** What {@link arriveServer} needs. */
export interface ArriveDeps {
  readonly placements: Placements;
  readonly lifecycle: Pick<Lifecycle, 'create' | 'remove'>;
  readonly clock: Clock;
  readonly dataRoot: string;
  /** Folder for manifests while they are needed. */
  readonly work: string;
  readonly takeOverLog: TakeOverLog;
  /** Keeps what the server should be. */
  readonly accept: (server: DesiredServer) => Promise<DesiredServer>;
  /** Forgets it. */
  readonly forget: (server: DesiredServer) => Promise<void>;
}

/** How a relocation ended. */
export interface Arrived {
  readonly folder: string;
  readonly stop?: StopReport;
  readonly state: Started['state'];
  readonly readyAt?: string;
}

const mebibyte = 1024 ** 2;

/**
 * Brings a server from another host to this one and runs it here: copied while it runs there, then stopped there, then
 * what is left, compared, and only then this host is in force. The manager's note decides who is; this host runs nothing
 * before it says so, and the other one nothing after it was stopped, unless it is told to. Cut off at any point and run
 * again it goes on; where it fails, the server runs again where it was, and the copy is removed.
 * @throws ZedopsError what hindered it.
 */
export async function arriveServer(
  deps: ArriveDeps,
  server: DesiredServer,
  other: OtherHost,
  doing: Doing,
): Promise<Arrived> {
  const { placements, lifecycle, accept } = deps;
  const found = await other.step('look', doing);
  let { stop } = found;
  let newest = found.server ?? server;
  const placement = placements.find(server.id);
  // It was settled, and cleared away, before an earlier process of this agent could hear of it.
  const isHere = placement !== undefined && placement.arriving !== true && placement.leaving !== true;
  if (found.phase === 'none' && isHere) {
    return { folder: placements.folderOf(server), ...(await lifecycle.create(server, doing)) };
  }
  if (found.phase === 'none' || found.phase === 'back') {
    await takeAway(deps, server, doing);
    throw new ZedopsError('CANCELLED', `${server.name} stays on its host: its move was given up`);
  }
  let started: Started | { readonly state: Started['state'] };
  try {
    if (found.phase === 'copying' || found.phase === 'stopped') {
      stop = await bring(deps, server, other, found.phase === 'stopped', doing);
      doing.report({ step: 'switching to this host' });
      newest = (await other.step('switch', doing)).server ?? newest;
    }
    newest = await accept(newest);
    await placements.write(server.id, { root: placements.rootOf(server) });
    started = await lifecycle.create(newest, doing);
  } catch (error) {
    return giveBack(deps, newest, other, doing, error);
  }
  // From here on there is no way back: players may be on it.
  await other.step('settle', unhindered(doing));
  await rm(join(deps.work, server.id), { recursive: true, force: true });
  return { folder: placements.folderOf(newest), ...(stop ? { stop } : {}), ...started };
}

async function bring(
  deps: ArriveDeps,
  server: DesiredServer,
  other: OtherHost,
  isStopped: boolean,
  doing: Doing,
): Promise<StopReport | undefined> {
  const { placements, dataRoot, work } = deps;
  const target = join(dataRoot, server.name);
  const arriving = arrivingFolder(target);
  if (placements.find(server.id)?.arriving !== true) {
    for (const place of [target, arriving]) {
      if (!(await isThere(place))) continue;
      throw new ZedopsError('CONFLICT', `${place} is there already on the host it is to go to`, {
        hint: 'move it away there, or look whose it is',
      });
    }
    // Noted before anything is written: what lies under these names from now on was brought by this move.
    await placements.write(server.id, { root: dataRoot, arriving: true });
  } else if (await isThere(target)) {
    await renameFolder(target, arriving);
  }
  await makePrivateFolder(join(work, server.id));
  if (!isStopped) {
    await pass(deps, server, other, true, doing);
    await bringLog(deps, server, other, false, doing);
  }
  const { stop } = await other.step('stop', doing);
  await pass(deps, server, other, false, doing);
  await bringLog(deps, server, other, true, doing);
  doing.signal.throwIfAborted();
  await renameFolder(arriving, target);
  return stop;
}

async function bringLog(
  { takeOverLog }: Pick<ArriveDeps, 'takeOverLog'>,
  server: DesiredServer,
  { log }: OtherHost,
  isLast: boolean,
  { report, signal }: Doing,
): Promise<void> {
  report({ step: isLast ? 'bringing what is left of its log' : 'bringing its log' });
  const problem = await takeOverLog(server, log, { isLast, signal });
  if (isLast && problem !== undefined) report({ step: `its log so far stays on the first host: ${problem}` });
}

/** Brings what is there now; of a world nobody writes to any more, makes sure that it is the same. */
async function pass(
  { clock, work, dataRoot }: ArriveDeps,
  server: DesiredServer,
  other: OtherHost,
  isLive: boolean,
  doing: Doing,
): Promise<void> {
  const { report, signal } = doing;
  const arriving = arrivingFolder(join(dataRoot, server.name));
  const reader: RemoteReader = {
    read: (path, offset, length) => other.read(path, offset, length, signal),
    readMany: (files) => other.readMany(files, signal),
  };
  const described = await other.describe(isLive, doing);
  const manifest = join(work, server.id, 'from.jsonl');
  await bringManifest(reader.read, described.manifestBytes, manifest);
  const total = await bytesIn(manifest);
  await refuseWithoutRoom(dataRoot, arriving, total, signal);
  const step = isLive ? 'bringing the world' : 'bringing what is left';
  report({ step });
  await copyFrom(remoteTree(described, manifest, reader, isLive), arriving, {
    clock,
    signal,
    isLive,
    report: ({ bytes, files }) =>
      report({
        step: `${step}: ${files} files, ${Math.round(bytes / mebibyte)} of ${Math.round(total / mebibyte)} MiB`,
        ...(total === 0 ? {} : { percent: Math.min(100, Math.round((bytes / total) * 100)) }),
      }),
  });
  const mine = join(work, server.id, 'to.jsonl');
  const known = (await isThere(mine)) ? { known: readManifest(mine) } : {};
  report({ step: 'reading the copy back' });
  await writeManifest(`${mine}.next`, manifestOf(arriving, { signal, ...known }));
  await rename(`${mine}.next`, mine);
  if (isLive) return;
  for await (const { path, what } of compareManifests(readManifest(manifest), readManifest(mine))) {
    const hint = 'something wrote to it on the first host; end that and try again';
    throw new ZedopsError('CONFLICT', `The copy is not the same: ${JSON.stringify(path)} (${what})`, { hint });
  }
}

async function bytesIn(manifest: string): Promise<number> {
  let bytes = 0;
  for await (const { size = 0 } of readManifest(manifest)) bytes += size;
  return bytes;
}

async function refuseWithoutRoom(root: string, arriving: string, needed: number, signal: AbortSignal): Promise<void> {
  let there = 0;
  if (await isThere(arriving)) {
    for await (const { stats } of walkTree(arriving, { signal })) there += stats.isFile() ? Number(stats.size) : 0;
  }
  const { bavail, bsize } = await statfs(root);
  const free = bavail * bsize;
  if (needed - there <= free) return;
  const sizes = `${Math.floor(free / mebibyte)} MiB free, and ${Math.ceil((needed - there) / mebibyte)} MiB are needed`;
  throw new ZedopsError('CONFLICT', `${root} on the host it is to go to has ${sizes}`, { hint: 'make room there' });
}

/** After a failure: this host gives up every claim first, and only then the first one is told to run the server again. */
async function giveBack(
  deps: ArriveDeps,
  server: DesiredServer,
  other: OtherHost,
  doing: Doing,
  error: unknown,
): Promise<never> {
  const { placements, lifecycle } = deps;
  const calm = unhindered(doing);
  const hasPlace = placements.find(server.id) !== undefined;
  if (hasPlace) {
    await placements.write(server.id, { root: placements.rootOf(server), arriving: true });
    await lifecycle.remove(server, calm);
  }
  doing.report({ step: 'it stays on its host' });
  await other.step('back', calm);
  if (hasPlace) await takeAway(deps, server, calm);
  if (!(error instanceof ZedopsError)) throw error;
  throw new ZedopsError(error.code, `${error.message}; ${server.name} stays where it was`, {
    hint: error.hint,
    cause: error,
  });
}

/** Removes what this move has brought; a folder it has not made is never touched. */
async function takeAway(deps: ArriveDeps, server: DesiredServer, { report }: Doing): Promise<void> {
  const { placements, clock, work, forget } = deps;
  if (placements.find(server.id)?.arriving !== true) {
    await forget(server);
    return;
  }
  const target = placements.folderOf(server);
  const arriving = arrivingFolder(target);
  if ((await isThere(target)) && !(await isThere(arriving))) await renameFolder(target, arriving);
  await removeTree(arriving, {
    report: ({ files }) => report({ step: `removing the copy: ${files} files are gone` }),
    now: () => clock.steady(),
  });
  await rm(join(work, server.id), { recursive: true, force: true });
  await forget(server);
  // Where it has originals here, from an earlier stay, the note of them stays, and says that it does not run here.
  await placements.write(server.id, { root: placements.rootOf(server), leaving: true });
  await placements.forget(server.id);
}

/** A move that was cancelled still owes the server a host. */
function unhindered({ report }: Doing): Doing {
  return { report, signal: new AbortController().signal };
}
