import type { FileHandle } from 'node:fs/promises';
import { isoTime } from '../../../platform/clock.ts';
import { systemErrorCode } from '../../../platform/files/atomic-file.ts';
import type { FilesPlace, FoundFileLine } from '../../../protocol/entities/log-search.ts';
import type { GameLogType } from '../../../zomboid/game-log/log-file-name.ts';
import type { LogZone } from '../../../zomboid/game-log/log-time.ts';
import type { LogFile, OpenLogFolder } from '../../game-logs/log-folder.ts';
import type { MaskSecrets } from '../mask.ts';
import type { SiftedPiece, Standing } from './file-piece.ts';
import type { SieveThread } from './sieve-thread.ts';

/** A line that was found, at its place among all that are. */
export interface PlacedLine {
  /** Milliseconds since 1970; never less than that of the line before. */
  readonly atMs: number;
  readonly line: FoundFileLine;
}

/** What was found in files, oldest first. */
export interface FileSearch {
  /** The line that {@link take} takes next; undefined after the last one. */
  peek(): Promise<PlacedLine | undefined>;
  /** Takes that line, and says where it stands. Undefined where nothing was looked at. */
  take(): FilesPlace | undefined;
  /** Why some files could not be read; undefined where all could. */
  problem(): string | undefined;
  /** Lets go of what is open. */
  close(): Promise<void>;
}

/** What {@link searchFiles} needs. */
export interface FileSearchOptions {
  readonly folder: OpenLogFolder;
  readonly types: readonly GameLogType[];
  readonly sieve: Pick<SieveThread, 'siftFile'>;
  readonly zone: LogZone;
  readonly mask: MaskSecrets;
  /** Milliseconds since 1970. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** Lines up to this one were found before. */
  readonly after?: FilesPlace | undefined;
}

/** Folders of earlier runs that are looked through: each stays open until the search is over. */
const mostFolders = 100;
const pieceBytes = 256 * 1024;
/** How far a file's time of change and the times in it may be apart. */
const slackMs = 60_000;

/**
 * Looks through the files of `Logs/`, also those that starts of the game have moved away, in the order of their times. It
 * reads no further than it is asked. @throws ZedopsError what the sieve refuses.
 */
export async function searchFiles(options: FileSearchOptions): Promise<FileSearch> {
  const { folder, types, sinceMs = Number.NEGATIVE_INFINITY, after } = options;
  let unreadable: string | undefined;
  const onUnreadable = (file: LogFile): void => {
    unreadable ??= `Logs/${file.path} may not be read`;
  };
  const files = (await allFiles(folder)).filter(
    ({ type, changedMs }) => types.includes(type) && changedMs >= sinceMs - slackMs,
  );
  // Files of one type follow one another: the game begins one when it is done with the one before.
  const heads: { readonly lines: AsyncGenerator<PlacedLine>; head: PlacedLine | undefined; isRead: boolean }[] = [];
  for (const type of types) {
    const own = files.filter((file) => file.type === type).sort((a, b) => a.changedMs - b.changedMs);
    if (own.length > 0) heads.push({ lines: linesOf(own, options, onUnreadable), head: undefined, isRead: false });
  }
  let skip = after?.nth ?? 0;
  let place: FilesPlace | undefined = after;

  const first = async () => {
    let best: (typeof heads)[number] | undefined;
    for (const one of heads) {
      if (!one.isRead) {
        const { value, done } = await one.lines.next();
        one.head = done ? undefined : value;
        one.isRead = true;
      }
      if (one.head && (!best?.head || one.head.atMs < best.head.atMs)) best = one;
    }
    return best;
  };

  let next: (typeof heads)[number] | undefined;
  return {
    problem: () => unreadable,
    async peek() {
      for (;;) {
        next = await first();
        const atMs = next?.head?.atMs;
        if (!next || atMs === undefined) return undefined;
        const isBefore = after !== undefined && atMs < after.atMs;
        const isGiven = after !== undefined && atMs === after.atMs && skip > 0;
        if (!isBefore && !isGiven) return next.head;
        if (isGiven) skip -= 1;
        next.isRead = false;
      }
    },
    take() {
      if (!next?.head) return undefined;
      const { atMs } = next.head;
      place = { atMs, nth: place?.atMs === atMs ? place.nth + 1 : 1 };
      next.isRead = false;
      next = undefined;
      return place;
    },
    async close() {
      for (const { lines } of heads) await lines.return(undefined);
    },
  };
}

async function allFiles(folder: OpenLogFolder): Promise<readonly LogFile[]> {
  const files = new Map<string, LogFile>();
  for (const file of await folder.files()) files.set(file.inode, file);
  // A start of the game may move files while this looks.
  for await (const file of folder.archived(mostFolders)) files.set(file.inode, file);
  return [...files.values()];
}

/** The lines found in files of one type that follow one another. */
async function* linesOf(
  files: readonly LogFile[],
  options: FileSearchOptions,
  onUnreadable: (file: LogFile) => void,
): AsyncGenerator<PlacedLine> {
  const { zone, sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = options;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const file of files) {
    for await (const found of siftedOf(file, options, onUnreadable)) {
      for (const { wallMs, ...line } of found) {
        // A clock may be set back, and an order of time may not.
        if (wallMs !== undefined) lastMs = Math.max(lastMs, zone.epochOf(wallMs));
        if (lastMs > untilMs) return;
        if (lastMs < Math.max(sinceMs, 0)) continue;
        yield { atMs: lastMs, line: { file: file.path, time: isoTime(lastMs), category: file.type, ...line } };
      }
    }
  }
}

/** What passes of one file, a piece at a time. */
async function* siftedOf(
  file: LogFile,
  { folder, sieve, mask }: FileSearchOptions,
  onUnreadable: (file: LogFile) => void,
): AsyncGenerator<SiftedPiece['found']> {
  let handle: FileHandle | undefined;
  try {
    handle = (await file.open()) ?? (await openMoved(folder, file));
  } catch (error) {
    if (!isForbidden(error)) throw error;
    onUnreadable(file);
  }
  // It was removed meanwhile.
  if (!handle) return;
  try {
    let standing: Standing = {};
    for await (const text of wholeLines(handle)) {
      const sifted: SiftedPiece = await sieve.siftFile({ kind: 'file', type: file.type, text: mask(text), standing });
      ({ standing } = sifted);
      yield sifted.found;
    }
  } finally {
    await handle.close();
  }
}

/** Says whether the system does not let the agent read something: a game may run as somebody else. */
export function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(systemErrorCode(error) ?? '');
}

/** Finds a file again that a start of the game has moved away since it was listed. */
async function openMoved(folder: OpenLogFolder, { inode }: LogFile): Promise<FileHandle | undefined> {
  for await (const file of folder.archived(mostFolders)) if (file.inode === inode) return file.open();
  return undefined;
}

/** A file as pieces of whole lines, without their last line feed; a last line that has none is part of it. */
async function* wholeLines(handle: FileHandle): AsyncGenerator<string> {
  const buffer = Buffer.alloc(pieceBytes);
  /** Bytes of a line whose end has not been read. */
  let kept = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, kept, pieceBytes - kept);
    const length = kept + bytesRead;
    if (length === 0) return;
    const feed = buffer.subarray(0, length).lastIndexOf(0x0a);
    // A line that fills a piece is cut there.
    const end = feed === -1 || bytesRead === 0 ? length : feed;
    if (feed === -1 && length < pieceBytes && bytesRead > 0) {
      kept = length;
      continue;
    }
    yield buffer.toString('utf8', 0, end);
    if (bytesRead === 0) return;
    const rest = Math.min(length, end + (feed === -1 ? 0 : 1));
    buffer.copyWithin(0, rest, length);
    kept = length - rest;
  }
}
