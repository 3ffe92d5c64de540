import { batchAfter, type LogBatch } from '../../../protocol/entities/log.ts';
import type { LogArchive } from './archive.ts';

/** Which lines of an archive are wanted, and what becomes of them. */
export interface ArchiveRead {
  readonly stream: string;
  readonly first: number;
  readonly last: number;
  readonly signal: AbortSignal;
  /** Takes lines, in order. While a promise it returned is pending, nothing more is read. */
  readonly give: (batch: LogBatch) => Promise<void> | undefined;
  /** Told of numbers that the archive does not have, at their place. */
  readonly miss: (first: number, last: number) => Promise<void> | undefined;
}

const batchCharacters = 256 * 1024;

/**
 * Reads lines back from an archive: each number between the two is given or missed, once and in order, unless the signal
 * ends it. A piece that cannot be read is missed. Resolves with the number after the last one settled.
 */
export async function readArchive(archive: Pick<LogArchive, 'pieces'>, read: ArchiveRead): Promise<number> {
  const { stream, first, last, signal, give, miss } = read;
  let next = first;
  for (const piece of archive.pieces(stream, first, last)) {
    if (signal.aborted) return next;
    const text = await readText(piece.text);
    if (text === undefined || piece.last < next) continue;
    if (piece.first > next) await miss(next, piece.first - 1);
    next = Math.max(next, piece.first);
    const end = Math.min(last, piece.last);
    for (const batch of batchesOf(text, stream, piece.first)) {
      if (signal.aborted) return next;
      const cut = cutTo(batch, next, end);
      if (!cut) continue;
      await give(cut);
      next = cut.first + cut.count;
    }
  }
  if (next > last || signal.aborted) return next;
  await miss(next, last);
  return last + 1;
}

/** A piece that was thrown away meanwhile, or is broken, is as one that never was: its numbers are told as lost. */
async function readText(text: () => Promise<string>): Promise<string | undefined> {
  try {
    return await text();
  } catch {
    return undefined;
  }
}

function* batchesOf(text: string, stream: string, first: number): Generator<LogBatch> {
  let number = first;
  let start = 0;
  while (start < text.length) {
    const far = start + batchCharacters;
    const feed = far >= text.length ? -1 : text.indexOf('\n', far);
    const end = feed === -1 ? text.length : feed;
    const part = text.slice(start, end);
    const count = linesIn(part);
    yield { kind: 'lines', stream, first: number, count, text: part };
    number += count;
    start = end + 1;
  }
}

function cutTo(batch: LogBatch, first: number, last: number): LogBatch | undefined {
  const rest = batchAfter(batch, first - 1);
  const count = Math.min(rest?.count ?? 0, last - (rest?.first ?? 0) + 1);
  if (!rest || count <= 0) return undefined;
  return count === rest.count ? rest : { ...rest, count, text: rest.text.split('\n').slice(0, count).join('\n') };
}

function linesIn(text: string): number {
  let count = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
