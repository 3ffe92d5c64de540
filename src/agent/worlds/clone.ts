import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Doing, Lifecycle, Started } from '../servers/lifecycle.ts';
import type { Looker } from '../servers/looker.ts';
import { disclaimFolder } from './ownership.ts';
import { isThere, type Placements } from './placements.ts';
import { copySnapshots } from './sqlite-snapshot.ts';
import {
  arrivingFolder,
  copyAndCompare,
  copyWhileLive,
  refuseWithoutRoom,
  renameFolder,
  type Transfer,
} from './transfer.ts';

/** What {@link cloneServer} needs. */
export interface CloneDeps {
  readonly placements: Placements;
  readonly lifecycle: Pick<Lifecycle, 'create'>;
  readonly looker: Pick<Looker, 'look'>;
  /** Asks a running game to save, and resolves when it has. */
  readonly saveWorld: (server: DesiredServer, doing: Doing) => Promise<void>;
  readonly clock: Clock;
  /** Folder for manifests while they are needed. */
  readonly work: string;
}

/** How a clone ended. */
export interface Cloned {
  readonly folder: string;
  /** `exact`: compared with the original, which was stopped. `live`: as good as what a crash at that moment leaves. */
  readonly copy: 'exact' | 'live';
  readonly state: Started['state'];
  readonly readyAt?: string;
}

/**
 * Makes a server with a copy of another's folder, in the same data root. Run again after any end it goes on. A copy that
 * fails leaves nothing.
 * @throws ZedopsError CONFLICT where the other one runs and `isLive` is not set.
 */
export async function cloneServer(
  deps: CloneDeps,
  source: DesiredServer,
  server: DesiredServer,
  isLive: boolean,
  doing: Doing,
): Promise<Cloned> {
  const { placements, lifecycle, looker } = deps;
  try {
    const container = await looker.look(source);
    const isUp = container !== undefined && container.status !== 'created' && container.status !== 'exited';
    if (isUp && !isLive) throw running(source);
    await bring(deps, source, server, isUp, doing);
    const started = await lifecycle.create(server, doing);
    return { folder: placements.folderOf(server), copy: isUp ? 'live' : 'exact', ...started };
  } catch (error) {
    await takeAway(deps, server);
    // So that whoever watches knows that there is nothing of it.
    await looker.look(server);
    throw error;
  }
}

function running({ name }: DesiredServer): ZedopsError {
  return new ZedopsError('CONFLICT', `${name} runs, and its world changes while it is copied`, {
    hint: `zedops server stop ${name} first, or add --live for a copy that is as good as one after a crash`,
  });
}

async function bring(
  { placements, saveWorld, clock, work }: CloneDeps,
  source: DesiredServer,
  server: DesiredServer,
  isUp: boolean,
  doing: Doing,
): Promise<void> {
  const { report, signal } = doing;
  const root = placements.rootOf(source);
  const from = placements.folderOf(source);
  const target = join(root, server.name);
  const arriving = arrivingFolder(target);
  const placement = placements.find(server.id);
  // Noted before anything is copied, and cleared when the copy is in its place: so a killed agent knows whose it is.
  if (placement && placement.arriving !== true) return;
  if (!(await isThere(from))) throw new ZedopsError('NOT_FOUND', `${source.name} has no folder ${from} to copy`);
  if (!placement) {
    if (await isThere(target)) {
      throw new ZedopsError('CONFLICT', `${target} is there already`, {
        hint: 'choose another name for the new server',
      });
    }
    await placements.write(server.id, { root, arriving: true });
  } else if (await isThere(target)) {
    await renameFolder(target, arriving);
  }
  await refuseWithoutRoom(from, arriving, signal);
  const transfer: Transfer = { from, to: arriving, work: join(work, server.id), clock, report, signal };
  if (isUp) {
    await saveWorld(source, doing);
    await copyWhileLive(transfer);
    // What the game wrote during the long first copy is caught up with by a short second one.
    await copyWhileLive(transfer);
    await copySnapshots(from, arriving, signal);
  } else {
    await copyAndCompare(transfer);
  }
  signal.throwIfAborted();
  await dropOwnMarks(arriving);
  await renameFolder(arriving, target);
  await placements.write(server.id, { root });
  await rm(transfer.work, { recursive: true, force: true });
}

/** Takes from the copy what says whose folder it is, and how that one runs: the new server gets its own. */
async function dropOwnMarks(folder: string): Promise<void> {
  await disclaimFolder(folder);
  for (const name of ['compose.yaml', 'server.env']) await rm(join(folder, name), { force: true });
}

/**
 * Takes away a copy that was never in its place, so that no server can have run on it; one that was is a world, and stays.
 * Removing never follows a link.
 */
async function takeAway({ placements, work }: CloneDeps, server: DesiredServer): Promise<void> {
  if (placements.find(server.id)?.arriving !== true) return;
  await rm(arrivingFolder(placements.folderOf(server)), { recursive: true, force: true });
  await rm(join(work, server.id), { recursive: true, force: true });
}
