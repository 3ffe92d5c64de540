import { constants } from 'node:fs';
import { lstat, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, isoTime } from '../../platform/clock.ts';
import { isMissing, makePrivateFolder, systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { DescribedWorld, HandedLog } from '../../protocol/entities/relocation.ts';
import type { DesiredServer, StopReport } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { LogHandOver } from '../logs/hand-over.ts';
import type { Doing, Lifecycle } from '../servers/lifecycle.ts';
import type { Looker } from '../servers/looker.ts';
import { serverFolder } from '../spec/server-folders.ts';
import { modeOf } from './copy-file.ts';
import { createInFlight } from './in-flight.ts';
import { manifestOf, readManifest, writeManifest } from './manifest.ts';
import { leaveBehind } from './move.ts';
import { isOwnFolder } from './ownership.ts';
import { isThere, type Original, type Placements } from './placements.ts';
import type { Piece } from './read-batches.ts';
import { renameFolder } from './transfer.ts';

/** What {@link createDeparture} is made of. */
export interface DepartureDeps {
  readonly placements: Placements;
  readonly lifecycle: Pick<Lifecycle, 'stop' | 'create' | 'remove'>;
  readonly looker: Pick<Looker, 'look'>;
  readonly clock: Clock;
  /** Folder for manifests while they are needed. */
  readonly work: string;
  readonly handOver: LogHandOver;
  /** Forgets what a server should be: it is another host's. */
  readonly forget: (server: DesiredServer) => Promise<void>;
  /** Takes back that it was forgotten. */
  readonly welcome: (server: DesiredServer) => void;
}

/** A server's way from this host to another one. */
export interface Departure {
  /** Writes down what is in its folder; unless `isLive`, only where it is stopped and kept so. */
  describe(server: DesiredServer, isLive: boolean, doing: Doing): Promise<DescribedWorld>;
  /** A piece of a file of its folder, or of what {@link describe} has written down. Empty where the file ends. */
  read(server: DesiredServer, path: string | undefined, offset: number, length: number): Promise<Buffer>;
  /** The beginnings of many files of its folder; undefined for one that is not there any more. */
  readMany(server: DesiredServer, files: readonly Piece[]): Promise<readonly (Buffer | undefined)[]>;
  /** Lists what is kept of its log; the last time, only where it is stopped and kept so. */
  listLog(server: DesiredServer, isLast: boolean): Promise<HandedLog>;
  readonly readLog: LogHandOver['read'];
  /** Stops it, and keeps it from running until {@link takeBack}, also after a restart of the agent. */
  stop(server: DesiredServer, doing: Doing): Promise<StopReport>;
  /** Lets it go: removes its container, and gives its folder the name of an original. Says where that is. */
  leave(server: DesiredServer, doing: Doing): Promise<string | undefined>;
  /** Says whether it is kept from running. */
  isHeld(server: DesiredServer): boolean;
  /**
   * Says what would be taken back: its folder, or the newest original.
   * @throws ZedopsError NOT_FOUND where this host has neither any more.
   */
  kept(server: DesiredServer): Promise<{ readonly originalAt?: string; readonly keptSince?: string }>;
  /** Has it run again as it was; from the original, where the move away had ended. @throws ZedopsError as {@link kept}. */
  takeBack(server: DesiredServer, doing: Doing): Promise<void>;
}

const readAtOnce = 8;
const reportMs = 2_000;

/** Makes what lets servers go to other hosts. Each step, done again, changes nothing more. */
export function createDeparture(deps: DepartureDeps): Departure {
  const { placements, lifecycle, looker, clock, work, handOver, forget, welcome } = deps;
  const manifestFile = ({ id }: DesiredServer): string => join(work, id, 'leaving.jsonl');

  const refuseRunning = async (server: DesiredServer): Promise<void> => {
    const container = await looker.look(server);
    const isDown = container === undefined || container.status === 'exited' || container.status === 'created';
    if (isDown && placements.find(server.id)?.leaving === true) return;
    throw new ZedopsError('CONFLICT', `${server.name} was to be stopped for its move, and is not`);
  };

  return {
    async describe(server, isLive, { report, signal }) {
      if (!isLive) await refuseRunning(server);
      const folder = placements.folderOf(server);
      const root = await lstat(folder, { bigint: true });
      const file = manifestFile(server);
      await makePrivateFolder(join(work, server.id));
      const known = (await isThere(file)) ? { known: readManifest(file) } : {};
      let bytes = 0;
      let reportedAt = clock.steady();
      report({ step: 'reading the world' });
      const onBytes = (more: number): void => {
        bytes += more;
        if (clock.steady() - reportedAt < reportMs) return;
        reportedAt = clock.steady();
        report({ step: `reading the world: ${Math.round(bytes / 1024 ** 2)} MiB` });
      };
      await writeManifest(`${file}.next`, manifestOf(folder, { isLive, signal, onBytes, ...known }));
      await rename(`${file}.next`, file);
      return {
        manifestBytes: (await stat(file)).size,
        root: {
          mode: modeOf(root),
          uid: Number(root.uid),
          gid: Number(root.gid),
          mtimeMs: Number(root.mtimeNs / 1_000n) / 1_000,
        },
      };
    },
    read: (server, path, offset, length) =>
      path === undefined
        ? readPiece(manifestFile(server), undefined, offset, length)
        : readPiece(placements.folderOf(server), path, offset, length),
    async readMany(server, files) {
      const folder = placements.folderOf(server);
      const parts: (Buffer | undefined)[] = [];
      const reading = createInFlight(readAtOnce);
      for (const [index, { path, length }] of files.entries()) {
        await reading.add(async () => {
          parts[index] = await readPiece(folder, path, 0, length).catch((error: unknown) => {
            if (error instanceof ZedopsError && error.code === 'NOT_FOUND') return undefined;
            throw error;
          });
        });
      }
      await reading.ended();
      return parts;
    },
    async listLog(server, isLast) {
      if (isLast) await refuseRunning(server);
      return handOver.list(server, isLast);
    },
    readLog: handOver.read,
    async stop(server, doing) {
      const placement = placements.find(server.id);
      if (placement?.moving) throw new ZedopsError('CONFLICT', `${server.name} is being moved on its host`);
      // Noted first: whatever happens from here on, this host does not run it unless it is told to.
      await placements.write(server.id, { root: placements.rootOf(server), ...placement, leaving: true });
      return lifecycle.stop(server, doing);
    },
    async leave(server, doing) {
      const placement = placements.find(server.id);
      if (placement?.leaving !== true) throw new Error('a server was let go that was not on its way');
      await lifecycle.remove(server, doing);
      const left = await leaveBehind(placements, server, placements.folderOf(server), placement, clock.now());
      await rm(join(work, server.id), { recursive: true, force: true });
      await forget(server);
      return left;
    },
    isHeld: ({ id }) => placements.find(id)?.leaving === true,
    async kept(server) {
      const original = await whatIsKept(placements, server);
      return original ? { originalAt: original.path, keptSince: isoTime(original.at) } : {};
    },
    async takeBack(server, doing) {
      const original = await whatIsKept(placements, server);
      if (original) {
        // Noted first: where it is cut off after the renaming, the folder is looked for there.
        const root = dirname(original.path);
        await placements.write(server.id, { root, leaving: true });
        await renameFolder(original.path, placements.folderOf(server));
        await placements.dropOriginal(server.id, original.path);
      }
      const placement = placements.find(server.id);
      if (placement?.leaving === true) {
        const { leaving: _, ...rest } = placement;
        await placements.write(server.id, rest);
      }
      await rm(join(work, server.id), { recursive: true, force: true });
      welcome(server);
      await lifecycle.create(server, doing);
    },
  };
}

/** The newest original of a server whose folder is not here; undefined where the folder itself is. @throws ZedopsError NOT_FOUND */
async function whatIsKept(placements: Placements, server: DesiredServer): Promise<Original | undefined> {
  if (await isThere(placements.folderOf(server))) return undefined;
  const newestFirst = placements
    .originals()
    .filter(({ serverId }) => serverId === server.id)
    .sort((one, other) => other.at - one.at);
  for (const original of newestFirst) {
    if (!(await isOwnFolder(original.path, server.id))) continue;
    const target = serverFolder(server, dirname(original.path));
    if (!(await isThere(target))) return original;
    throw new ZedopsError('CONFLICT', `${target} is there already, and ${original.path} is to have that name`, {
      hint: 'look whose it is, and move it away on the host',
    });
  }
  throw new ZedopsError('NOT_FOUND', `This host has no world of ${server.name} any more`, {
    hint: 'a move keeps the original for 24 h',
  });
}

/** Reads a piece of a regular file that lies, without a link on the way, below a folder. */
async function readPiece(folder: string, path: string | undefined, offset: number, length: number): Promise<Buffer> {
  const place = path === undefined ? folder : join(folder, path);
  if (path?.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw new ZedopsError('FORBIDDEN', `${JSON.stringify(path.slice(0, 200))} is no path in a server’s folder`);
  }
  try {
    const file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      // The game can put a link in the way at any time: where the open file lies is what counts.
      const isBelow =
        path === undefined || (await readlink(`/proc/self/fd/${file.fd}`)) === join(await realpath(folder), path);
      if (!isBelow || !(await file.stat()).isFile()) throw gone(path);
      const buffer = Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (isMissing(cause) || code === 'ELOOP' || code === 'ENOTDIR' || code === 'ENXIO') throw gone(path, cause);
    throw cause;
  }
}

function gone(path: string | undefined, cause?: unknown): ZedopsError {
  return new ZedopsError('NOT_FOUND', `${path ?? 'the manifest'} is no file of the world any more`, { cause });
}
