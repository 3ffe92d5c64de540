import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import { type HandedLog, pieceBytes } from '../../protocol/entities/relocation.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { createInFlight } from '../worlds/in-flight.ts';
import { parseSegmentName, segmentName } from './archive/segment.ts';
import type { LogKeeper } from './follow.ts';
import { keepNumbering } from './numbering.ts';

/** A server's log on the host the server comes from. */
export interface OtherLog {
  readonly list: (isLast: boolean, signal: AbortSignal) => Promise<HandedLog>;
  readonly read: (name: string, offset: number, length: number, signal: AbortSignal) => Promise<Buffer>;
}

/** What {@link createLogTakeOver} is made of. */
export interface LogTakeOverDeps {
  readonly logs: Pick<LogKeeper, 'release' | 'placeOf'>;
  /** Bytes of an archive that are kept on this host. */
  readonly bytes: number;
  readonly log: Log;
}

/** Brings a server's log here. Says what hindered it, if anything did: that costs earlier lines, never the move. */
export type TakeOverLog = (
  server: DesiredServer,
  other: OtherLog,
  options: { readonly isLast: boolean; readonly signal: AbortSignal },
) => Promise<string | undefined>;

const broughtAtOnce = 4;
/** More than any piece has: one of a host that says so is not taken. */
const largestPiece = 256 * 1024 ** 2;

/**
 * Makes what takes logs over. Closed pieces never change, so that most of them come while the game still runs elsewhere;
 * the last time the rest comes, and all of it takes the place of what is here of an earlier stay. Lines keep their
 * numbers, and whoever reads the log goes on where they were. Cut off at any point and done again it goes on.
 */
export function createLogTakeOver({ logs, bytes, log }: LogTakeOverDeps): TakeOverLog {
  const bring = async (folder: string, pieces: HandedLog['pieces'], other: OtherLog, signal: AbortSignal) => {
    await makePrivateFolder(folder);
    const wanted = new Map(pieces.map((piece) => [piece.name, piece]));
    for (const name of await readdir(folder)) {
      const isWhole = (await stat(join(folder, name))).size === wanted.get(name)?.bytes;
      if (isWhole) wanted.delete(name);
      else await rm(join(folder, name));
    }
    const bringing = createInFlight(broughtAtOnce);
    try {
      for (const piece of wanted.values()) await bringing.add(() => bringPiece(folder, piece, other, signal));
    } finally {
      await bringing.ended();
    }
  };

  return async (server, other, { isLast, signal }) => {
    const { archive, numbering, arriving } = logs.placeOf(server.id);
    try {
      const handed = await other.list(isLast, signal);
      await bring(arriving, newestWithin(checked(handed), bytes), other, signal);
      if (!isLast) return undefined;
      await logs.release(server.id);
      await rm(archive, { recursive: true, force: true });
      await rename(arriving, archive);
      await keepNumbering(numbering, handed);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      const cause = error instanceof Error ? error : new Error(String(error));
      log.warn({ server: server.name, error: cause }, 'the log of a server did not come along with it');
      await rm(arriving, { recursive: true, force: true });
      return cause instanceof ZedopsError ? cause.message : 'the agent’s log has the cause';
    }
  };
}

/** Nothing another host says leads out of the folder, or has lines that are not of this log. */
function checked({ stream, next, pieces }: HandedLog): HandedLog['pieces'] {
  for (const { name, bytes } of pieces) {
    const facts = parseSegmentName(name);
    const isPlain = facts && segmentName(facts) === name && facts.stream === stream && facts.last < next;
    if (isPlain && bytes <= largestPiece) continue;
    throw new ZedopsError('FORBIDDEN', `The other host tells of the piece ${JSON.stringify(name)}, which is refused`);
  }
  return pieces;
}

function newestWithin(pieces: HandedLog['pieces'], bytes: number): HandedLog['pieces'] {
  let sum = 0;
  const first = pieces.findLastIndex((piece) => {
    sum += piece.bytes;
    return sum > bytes;
  });
  return pieces.slice(first + 1);
}

async function bringPiece(
  folder: string,
  { name, bytes }: HandedLog['pieces'][number],
  other: OtherLog,
  signal: AbortSignal,
): Promise<void> {
  const path = join(folder, name);
  const file = await open(`${path}.part`, 'w', 0o600);
  try {
    for (let at = 0; at < bytes; ) {
      signal.throwIfAborted();
      const length = Math.min(pieceBytes, bytes - at);
      const part = await other.read(name, at, length, signal);
      if (part.length === 0 || part.length > length) throw new ZedopsError('CONFLICT', `${name} ended early`);
      await file.appendFile(part);
      at += part.length;
    }
    await file.sync();
  } catch (error) {
    // It was thrown away meanwhile for its age: its lines are gone for good.
    if (!(error instanceof ZedopsError && error.code === 'NOT_FOUND')) throw error;
    await rm(`${path}.part`);
    return;
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
}
