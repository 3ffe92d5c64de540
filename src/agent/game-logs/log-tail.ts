import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import * as z from 'zod';
import { type GameLogType, gameLogTypes } from '../../zomboid/game-log/log-file-name.ts';
import type { GameLogLine } from '../../zomboid/game-log/log-line.ts';
import { measuredOffset } from '../../zomboid/game-log/log-time.ts';
import { parseEntryLines } from './entry-lines.ts';
import type { LogFile, OpenLogFolder } from './log-folder.ts';

/** How far a file has been read. */
export const FilePosition = z.object({
  inode: z.string().max(32),
  type: z.enum(gameLogTypes),
  /** Bytes from its begin; always the begin of a line, unless `isInLine`. */
  offset: z.int().min(0),
  /** Of the last bytes before the offset: a file that was begun anew has others there. */
  print: z.string().max(64),
  /** Set while what comes next is the rest of a line that was too long. */
  isInLine: z.boolean().optional(),
  /** Set while an entry goes on: what a line has to end with for it to be over. */
  until: z.string().max(8).optional(),
  /** Set when it was moved away and read to its end: it is remembered so that nobody reads it again. */
  isMoved: z.boolean().optional(),
});
export type FilePosition = z.infer<typeof FilePosition>;

/** A line that a game has written to a file in `Logs/`. */
export interface TailedLine {
  readonly type: GameLogType;
  readonly fileName: string;
  /** As it was written, without its line feed: it may hold secrets and controls. */
  readonly line: string;
  readonly parsed: GameLogLine;
}

/** What one round of reading gave. */
export interface TailRound {
  /** In the order of their times, as far as they have one. */
  readonly lines: readonly TailedLine[];
  /** True where a file has more than one round takes. */
  readonly hasMore: boolean;
  /** How far the server's clock is ahead of UTC, where this round could tell. */
  readonly offsetMs: number | undefined;
  /** How many files of this run there are. */
  readonly files: number;
}

/** Reads what is new in the files of one server's `Logs/`. */
export interface LogTail {
  /**
   * Reads what was written since the last round, to files of the run that began at `sinceMs` (milliseconds since 1970).
   * A file that was moved away meanwhile is read to its end where it is now.
   */
  round(folder: OpenLogFolder, sinceMs: number): Promise<TailRound>;
  /** As {@link round}, for a run that is over and another has begun: files of it that were moved away, known or not. */
  lastRound(folder: OpenLogFolder, sinceMs: number, untilMs: number): Promise<TailRound>;
  /** Forgets files that were moved away: their run is over. */
  forgetMoved(): void;
  positions(): readonly FilePosition[];
}

const mostBytesAtOnce = 256 * 1024;
/** A game that writes all the time is not waited for. */
const mostSweeps = 4;
const printBytes = 128;
/** The engine and the file system do not look at the same clock at the same instant. */
const slackMs = 100;
/** The console's copy is read from the engine. */
const unread: readonly GameLogType[] = ['DebugLog-server'];

/** Makes a tail that goes on from where another one was. */
export function createLogTail(positions: readonly FilePosition[]): LogTail {
  const known = new Map(positions.map((position) => [position.inode, position]));
  /** When a file that was read to its end had changed last, by its inode. */
  const seen = new Map<string, number>();

  const readFile = async (file: LogFile, isMoved: boolean): Promise<FileRound | undefined> => {
    const before = known.get(file.inode);
    const handle = await file.open();
    if (!handle) return undefined;
    try {
      const piece = await readPiece(handle, before?.type === file.type ? before : begin(file));
      known.set(file.inode, { ...piece.position, ...(isMoved && !piece.hasMore ? { isMoved } : {}) });
      if (!piece.hasMore) seen.set(file.inode, piece.changedMs);
      return { ...piece, file };
    } finally {
      await handle.close();
    }
  };

  /** Reads known files that are not where they were, and others of which `isWanted` says so. */
  const readMoved = async (
    folder: OpenLogFolder,
    missing: ReadonlySet<string>,
    isWanted: (file: LogFile) => boolean,
  ): Promise<readonly FileRound[]> => {
    const rounds: FileRound[] = [];
    const left = new Set(missing);
    for await (const file of folder.archived()) {
      const isMissing = left.delete(file.inode);
      if (!isMissing && (known.has(file.inode) || unread.includes(file.type) || !isWanted(file))) continue;
      const piece = await readFile(file, true);
      if (piece) rounds.push(piece);
    }
    for (const inode of left) known.delete(inode);
    return rounds;
  };

  const readOnce = async (
    folder: OpenLogFolder,
    isWanted: (file: LogFile) => boolean,
    isWantedMoved: ((file: LogFile) => boolean) | undefined,
  ): Promise<Sweep> => {
    const files = (await folder.files()).filter(({ type }) => !unread.includes(type));
    const here = new Set(files.map(({ inode }) => inode));
    const missing = new Set(
      [...known.values()].flatMap(({ inode, isMoved }) => (here.has(inode) || isMoved ? [] : inode)),
    );
    const rounds: FileRound[] = [];
    if (missing.size > 0 || isWantedMoved) {
      rounds.push(...(await readMoved(folder, missing, isWantedMoved ?? (() => false))));
    }
    const ofThisRun = files.filter((file) => known.has(file.inode) || isWanted(file));
    for (const file of ofThisRun) {
      if (file.size === known.get(file.inode)?.offset && seen.get(file.inode) === file.changedMs) continue;
      const piece = await readFile(file, false);
      if (piece) rounds.push(piece);
    }
    for (const inode of seen.keys()) if (!here.has(inode)) seen.delete(inode);
    return { rounds, files: ofThisRun.length, hasMore: rounds.some(({ hasMore }) => hasMore) };
  };

  /**
   * Files are read one after the other, and the game writes to all of them meanwhile: they are read until nothing is new,
   * so that a line of one is not told before an earlier one of another.
   */
  const readAll = async (
    folder: OpenLogFolder,
    isWanted: (file: LogFile) => boolean,
    isWantedMoved?: (file: LogFile) => boolean,
  ): Promise<TailRound> => {
    let sweep = await readOnce(folder, isWanted, isWantedMoved);
    const rounds = [...sweep.rounds];
    for (let left = mostSweeps - 1; left > 0 && !sweep.hasMore && hasLines(sweep); left -= 1) {
      sweep = await readOnce(folder, isWanted, undefined);
      rounds.push(...sweep.rounds);
    }
    return {
      lines: inOrder(rounds),
      hasMore: sweep.hasMore,
      offsetMs: rounds.findLast(({ offsetMs }) => offsetMs !== undefined)?.offsetMs,
      files: sweep.files,
    };
  };

  return {
    round: (folder, sinceMs) => readAll(folder, ({ changedMs }) => changedMs >= sinceMs - slackMs),
    lastRound: (folder, sinceMs, untilMs) =>
      readAll(
        folder,
        () => false,
        ({ changedMs }) => changedMs >= sinceMs - slackMs && changedMs <= untilMs,
      ),
    forgetMoved() {
      for (const { inode, isMoved } of [...known.values()]) if (isMoved) known.delete(inode);
    },
    positions: () => [...known.values()],
  };
}

interface Piece {
  readonly lines: readonly Pick<TailedLine, 'line' | 'parsed'>[];
  readonly position: FilePosition;
  readonly hasMore: boolean;
  readonly changedMs: number;
  readonly offsetMs: number | undefined;
}

interface FileRound extends Piece {
  readonly file: LogFile;
}

/** All files looked at once. */
interface Sweep {
  readonly rounds: readonly FileRound[];
  readonly hasMore: boolean;
  /** How many files of this run there are. */
  readonly files: number;
}

function hasLines({ rounds }: Sweep): boolean {
  return rounds.some(({ lines }) => lines.length > 0);
}

function begin({ inode, type }: Pick<LogFile, 'inode' | 'type'>): FilePosition {
  return { inode, type, offset: 0, print: printOf(Buffer.alloc(0)) };
}

/** Reads whole lines from a position on; a file that was begun anew is read from its begin. */
async function readPiece(handle: FileHandle, before: FilePosition): Promise<Piece> {
  const stats = await handle.stat();
  const isSame = before.offset <= stats.size && printOf(await lastBytes(handle, before.offset)) === before.print;
  const from = isSame ? before : begin(before);
  const wanted = Math.min(stats.size - from.offset, mostBytesAtOnce);
  const piece = await readAt(handle, from.offset, wanted);
  const whole = piece.subarray(0, piece.lastIndexOf(0x0a) + 1);
  // A line that fills a whole piece is passed over: the game writes none as long.
  const isTooLong = whole.length === 0 && piece.length === mostBytesAtOnce;
  const taken = isTooLong ? piece : whole;
  const texts = isTooLong ? [] : whole.toString('utf8').split('\n').slice(0, -1);
  if (from.isInLine && !isTooLong) texts.shift();
  const { lines, until } = parseEntryLines(texts, from.type, from.until);
  const offset = from.offset + taken.length;
  const isInLine = isTooLong || (from.isInLine === true && taken.length === 0);
  const print = taken.length >= printBytes ? taken.subarray(-printBytes) : await lastBytes(handle, offset);
  const last = lines.at(-1)?.parsed;
  const isAtEnd = offset === stats.size && taken.length > 0;
  return {
    lines,
    hasMore: piece.length === mostBytesAtOnce,
    changedMs: stats.mtimeMs,
    position: {
      ...{ inode: from.inode, type: from.type, offset, print: printOf(print) },
      ...(isInLine ? { isInLine } : {}),
      ...(until === undefined ? {} : { until }),
    },
    offsetMs: isAtEnd && last?.kind === 'entry' ? measuredOffset(last.wallMs, stats.mtimeMs) : undefined,
  };
}

function inOrder(rounds: readonly FileRound[]): readonly TailedLine[] {
  const lastOf = new Map<string, number>();
  const timed = rounds.flatMap(({ file, lines }) => {
    let wallMs = lastOf.get(file.inode) ?? 0;
    return lines.map(({ line, parsed }) => {
      if (parsed.kind === 'entry') wallMs = parsed.wallMs;
      lastOf.set(file.inode, wallMs);
      return { wallMs, line: { type: file.type, fileName: file.name, line, parsed } };
    });
  });
  return timed.sort((a, b) => a.wallMs - b.wallMs).map(({ line }) => line);
}

function lastBytes(handle: FileHandle, offset: number): Promise<Buffer> {
  const from = Math.max(0, offset - printBytes);
  return readAt(handle, from, offset - from);
}

async function readAt(handle: FileHandle, from: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, from + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

function printOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64').slice(0, 22);
}
