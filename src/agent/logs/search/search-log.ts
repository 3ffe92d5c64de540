import type { LogBatch, LogCursor, LogItem } from '../../../protocol/entities/log.ts';
import type { FilesPlace, FoundFileLine, FoundLine, LogFinding } from '../../../protocol/entities/log-search.ts';
import type { ServerLog } from '../server-log.ts';
import type { FileSearch } from './file-search.ts';
import type { SieveThread } from './sieve-thread.ts';

/** What one search of one server needs. */
export interface LogSearch {
  /** The console; without it only files are looked through. */
  readonly serverLog: Pick<ServerLog, 'read'> | undefined;
  readonly sieve: Pick<SieveThread, 'sift'>;
  /** The files of `Logs/`; without them only the console is looked through. */
  readonly files?: Pick<FileSearch, 'peek' | 'take'> | undefined;
  /** RFC 3339. */
  readonly since?: string | undefined;
  readonly after?: LogCursor | undefined;
  /** Lines after which it ends. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Takes what is found. While a promise it returned is pending, nothing more is looked through. */
  readonly give: (finding: LogFinding) => Promise<void> | undefined;
}

const batchCharacters = 256 * 1024;
const mostAtOnce = 500;

/**
 * Looks through all there is of a server: its console from archive, engine's log and the newest lines in memory, each line
 * once, with a gap where lines are gone; and its files between them, all in one order of time, oldest first.
 * @throws ZedopsError what the sieve refuses.
 */
export async function searchLog(search: LogSearch): Promise<{ readonly found: number; readonly isCut: boolean }> {
  const { serverLog, sieve, files, since, after, limit, signal, give } = search;
  /** The console is over: its last line has come, or there is no room for more. */
  const over = new AbortController();
  let found = 0;
  let isCut = false;
  let problem: unknown;

  const cut = (): void => {
    isCut = true;
    over.abort();
  };

  /** Gives what files have of before a time. */
  const giveFiles = async (beforeMs: number): Promise<void> => {
    for (;;) {
      const lines: FoundFileLine[] = [];
      let place: FilesPlace | undefined;
      for (;;) {
        const next = await files?.peek();
        if (!next || next.atMs >= beforeMs || signal.aborted) break;
        if (found === limit) {
          cut();
          break;
        }
        place = files?.take();
        lines.push(next.line);
        found += 1;
        if (lines.length === mostAtOnce) break;
      }
      if (place) await give({ kind: 'file-found', place, lines });
      if (lines.length < mostAtOnce) return;
    }
  };

  /** Gives lines of the console, and between them what files have. */
  const giveLines = async (stream: string, through: number, lines: readonly FoundLine[]): Promise<void> => {
    for (let at = 0; at < lines.length; ) {
      await giveFiles(timeOf(lines[at]));
      const head = await files?.peek();
      let end = at;
      while (end < lines.length && end - at < Math.min(mostAtOnce, limit - found)) {
        if (head && head.atMs < timeOf(lines[end])) break;
        end += 1;
      }
      if (end === at) {
        cut();
        return;
      }
      const some = lines.slice(at, end);
      found += some.length;
      const last = end === lines.length ? through : (some.at(-1)?.seq ?? through);
      await give({ kind: 'found', stream, through: last, lines: some });
      at = end;
    }
  };

  const take = async (batch: LogBatch): Promise<void> => {
    const { found: lines, isPast } = await sieve.sift(batch);
    await giveLines(batch.stream, batch.first + batch.count - 1, lines);
    if (isPast) over.abort();
  };

  const sink = async (item: LogItem): Promise<void> => {
    if (over.signal.aborted || item.kind === 'notice') return;
    try {
      if (item.kind === 'gap') {
        const { stream, through, count } = item;
        await give({ kind: 'gap', stream, through, ...(count === undefined ? {} : { count }) });
      } else for (const batch of piecesOf(item)) if (!over.signal.aborted) await take(batch);
    } catch (error) {
      problem = error;
      over.abort();
    }
  };

  const ended = AbortSignal.any([signal, over.signal]);
  await serverLog?.read({ follow: false, since, after, signal: ended }, sink);
  if (problem !== undefined) throw problem;
  if (!isCut) await giveFiles(Number.POSITIVE_INFINITY);
  return { found, isCut };
}

function timeOf(line: FoundLine | undefined): number {
  return Date.parse(line?.time ?? '');
}

/** Cuts a batch into pieces that take a thread a moment each. */
function* piecesOf(batch: LogBatch): Generator<LogBatch> {
  if (batch.text.length <= 2 * batchCharacters) {
    yield batch;
    return;
  }
  let { first } = batch;
  let start = 0;
  while (start < batch.text.length) {
    const feed = batch.text.indexOf('\n', start + batchCharacters);
    const end = feed === -1 ? batch.text.length : feed;
    const text = batch.text.slice(start, end);
    const count = text.split('\n').length;
    yield { ...batch, first, count, text };
    first += count;
    start = end + 1;
  }
}
