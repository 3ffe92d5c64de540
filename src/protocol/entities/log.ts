import * as z from 'zod';

/**
 * Where a reader of a server's log stands: the last line it has.
 * `stream` names the numbering; numbers of another stream do not compare.
 */
export const LogCursor = z.object({ stream: z.string().max(64), seq: z.int().min(0) });
export type LogCursor = z.infer<typeof LogCursor>;

/**
 * Lines with consecutive numbers. Each is `<RFC 3339 time> <o|e> <text>`, `o` for stdout and `e` for stderr,
 * joined by line feeds: as text they pass through the manager without being taken apart.
 */
export const LogBatch = z.object({
  kind: z.literal('lines'),
  stream: z.string(),
  /** Number of the first line. */
  first: z.int().min(1),
  count: z.int().min(1),
  text: z.string(),
});
export type LogBatch = z.infer<typeof LogBatch>;

/** Lines that cannot be shown any more. `count` is absent when nobody can know how many there were. */
export const LogGap = z.object({
  kind: z.literal('gap'),
  stream: z.string(),
  /** Number of the last line lost; the next line shown has the following number. */
  through: z.int().min(0),
  count: z.int().min(1).optional(),
  reason: z.enum(['slow-reader', 'rotated', 'restarted-numbering']),
});
export type LogGap = z.infer<typeof LogGap>;

/** News about the feed itself, for a reader who wonders why nothing comes. */
export const LogNotice = z.object({
  kind: z.literal('notice'),
  notice: z.enum(['live', 'host-offline', 'host-back', 'not-running']),
});
export type LogNotice = z.infer<typeof LogNotice>;

/** What a log stream carries. */
export const LogItem = z.discriminatedUnion('kind', [LogBatch, LogGap, LogNotice]);
export type LogItem = z.infer<typeof LogItem>;

/** One line of a server's output. `time` is RFC 3339 with up to nine decimals. */
export interface LogLine {
  readonly seq: number;
  readonly time: string;
  readonly output: 'stdout' | 'stderr';
  readonly text: string;
}

/** Takes a batch apart. */
export function* linesOf(batch: Pick<LogBatch, 'first' | 'text'>): Generator<LogLine> {
  let seq = batch.first;
  let start = 0;
  while (start <= batch.text.length) {
    const feed = batch.text.indexOf('\n', start);
    const end = feed === -1 ? batch.text.length : feed;
    const space = batch.text.indexOf(' ', start);
    yield {
      seq,
      time: batch.text.slice(start, space),
      output: batch.text.charAt(space + 1) === 'e' ? 'stderr' : 'stdout',
      text: batch.text.slice(space + 3, end),
    };
    seq += 1;
    start = end + 1;
    if (feed === -1) return;
  }
}

/** Cuts off the lines of a batch a reader already has, up to and including number `through`. */
export function batchAfter(batch: LogBatch, through: number): LogBatch | undefined {
  const skip = through - batch.first + 1;
  if (skip <= 0) return batch;
  if (skip >= batch.count) return undefined;
  let start = 0;
  for (let skipped = 0; skipped < skip; skipped += 1) start = batch.text.indexOf('\n', start) + 1;
  return { ...batch, first: batch.first + skip, count: batch.count - skip, text: batch.text.slice(start) };
}
