import type { LogBatch, LogCursor, LogItem } from '../../../protocol/entities/log.ts';
import type { FoundLine, LogFinding } from '../../../protocol/entities/log-search.ts';
import type { ServerLog } from '../server-log.ts';
import type { SieveThread } from './sieve-thread.ts';

/** What one search of one log needs. */
export interface LogSearch {
  readonly serverLog: Pick<ServerLog, 'read'>;
  readonly sieve: Pick<SieveThread, 'sift'>;
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
 * Looks through all there is of a log, oldest first: archive, engine's log and the newest lines in memory, each line
 * once, with a gap where lines are gone. @throws ZedopsError what the sieve refuses.
 */
export async function searchLog(search: LogSearch): Promise<{ readonly found: number; readonly isCut: boolean }> {
  const { serverLog, sieve, since, after, limit, signal, give } = search;
  const over = new AbortController();
  let found = 0;
  let isCut = false;
  let problem: unknown;

  const giveLines = async (stream: string, through: number, lines: readonly FoundLine[]): Promise<void> => {
    for (let at = 0; at === 0 || at < lines.length; at += mostAtOnce) {
      const some = lines.slice(at, at + mostAtOnce);
      const isLast = at + mostAtOnce >= lines.length;
      await give({ kind: 'found', stream, through: isLast ? through : (some.at(-1)?.seq ?? through), lines: some });
    }
  };

  const take = async (batch: LogBatch): Promise<void> => {
    const { found: lines, isPast } = await sieve.sift(batch);
    const some = lines.slice(0, limit - found);
    isCut = some.length < lines.length;
    found += some.length;
    if (some.length > 0) {
      await giveLines(batch.stream, isCut ? (some.at(-1)?.seq ?? 0) : batch.first + batch.count - 1, some);
    }
    if (isPast || isCut) over.abort();
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

  await serverLog.read({ follow: false, since, after, signal: AbortSignal.any([signal, over.signal]) }, sink);
  if (problem !== undefined) throw problem;
  return { found, isCut };
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
