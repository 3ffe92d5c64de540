import { batchAfter, type LogBatch, type LogCursor, type LogGap } from '../../protocol/entities/log.ts';
import { type EncodedData, encodeData } from '../../protocol/frame.ts';

/** Lines, or the word that some are lost, with the numbers they cover. */
export interface FeedEntry {
  readonly item: LogBatch | LogGap;
  readonly first: number;
  readonly last: number;
}

/** The newest lines of one server: what viewers who come, or come back, are served from. */
export interface FeedRing {
  /** The last number there has been; undefined until {@link restart}. */
  last(): LogCursor | undefined;
  /** The number from which on nothing is missing; one past the last where nothing is held. */
  first(): number;
  /** True while it holds all that there was when it was begun, and all that came. */
  isWhole(): boolean;
  push(entry: FeedEntry): void;
  /** Forgets everything: the next number is the one after this. `isWhole`: there was nothing before it. */
  restart(cursor: LogCursor, isWhole: boolean): void;
  /** What is held from that number on, in pieces as large as viewers are sent them. */
  from(number: number): readonly EncodedData[];
}

/** How much a ring holds at most; the newest entry always. */
export interface RingLimits {
  readonly lines: number;
  /** Characters of text. */
  readonly characters: number;
}

/** Characters of text in what one viewer is sent at once. */
export const largestBatch = 256 * 1024;

/** The number of the last line of an item, or of the last one lost. */
export function lastOf(item: LogBatch | LogGap): number {
  return item.kind === 'lines' ? item.first + item.count - 1 : item.through;
}

/** Joins batches that follow one another, so that many small ones travel as few. */
export function* joined(items: Iterable<LogBatch | LogGap>): Generator<LogBatch | LogGap> {
  let run: LogBatch[] = [];
  let size = 0;
  for (const item of items) {
    const last = run.at(-1);
    const follows =
      last !== undefined &&
      item.kind === 'lines' &&
      item.stream === last.stream &&
      item.first === last.first + last.count &&
      size + item.text.length <= largestBatch;
    if (!follows && run.length > 0) {
      yield oneOf(run);
      run = [];
      size = 0;
    }
    if (item.kind === 'lines') {
      run.push(item);
      size += item.text.length + 1;
    } else {
      yield item;
    }
  }
  if (run.length > 0) yield oneOf(run);
}

/** Makes an empty ring. */
export function createFeedRing(limits: RingLimits): FeedRing {
  let entries: FeedEntry[] = [];
  let lines = 0;
  let characters = 0;
  let last: LogCursor | undefined;
  let isWhole = true;
  /** Viewers who come together are often served the same. */
  let served: { readonly from: number; readonly pieces: readonly EncodedData[] } | undefined;

  const dropOldest = (): void => {
    let dropped = 0;
    while (dropped < entries.length - 1) {
      const item = entries[dropped]?.item;
      const [count, size] = item?.kind === 'lines' ? [item.count, item.text.length] : [0, 0];
      if (lines - count < limits.lines && characters <= limits.characters) break;
      lines -= count;
      characters -= size;
      dropped += 1;
    }
    if (dropped === 0) return;
    entries = entries.slice(dropped);
    isWhole = false;
  };

  return {
    last: () => last,
    first: () => entries[0]?.first ?? (last?.seq ?? 0) + 1,
    isWhole: () => isWhole,
    push(entry) {
      entries.push(entry);
      if (entry.item.kind === 'lines') {
        lines += entry.item.count;
        characters += entry.item.text.length;
      }
      last = { stream: entry.item.stream, seq: entry.last };
      served = undefined;
      dropOldest();
    },
    restart(cursor, whole) {
      entries = [];
      lines = 0;
      characters = 0;
      last = cursor;
      isWhole = whole;
      served = undefined;
    },
    from(number) {
      if (served?.from === number) return served.pieces;
      const wanted = entries.flatMap(({ item, first, last: end }) => {
        if (end < number) return [];
        if (item.kind === 'lines') return batchAfter(item, number - 1) ?? [];
        const isPart = item.count !== undefined && number > first;
        return isPart ? { ...item, count: end - number + 1 } : item;
      });
      served = { from: number, pieces: [...joined(wanted)].map((item) => encodeData(item)) };
      return served.pieces;
    },
  };
}

function oneOf(run: readonly LogBatch[]): LogBatch {
  const [first] = run;
  if (first === undefined) throw new Error('there is nothing to join');
  if (run.length === 1) return first;
  return {
    ...first,
    count: run.reduce((sum, { count }) => sum + count, 0),
    text: run.map(({ text }) => text).join('\n'),
  };
}
