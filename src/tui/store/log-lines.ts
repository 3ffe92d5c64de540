import { type LogBatch, linesOf } from '../../protocol/entities/log.ts';
import { type ConsoleLevel, parseConsoleLine } from '../../zomboid/console/console-line.ts';

/** Levels one may ask for, quietest first. */
export const logLevels = ['all', 'log', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A line as it is kept: its text, when, and how loud; or a remark of ZedOps between lines. */
export interface KeptLine {
  readonly kind: 'line' | 'remark';
  readonly time: string;
  readonly text: string;
  readonly loudness: number;
  /** The game's own; absent for a remark, and for a line of another program. */
  readonly category?: string | undefined;
}

const loudness: Readonly<Record<ConsoleLevel, number>> = { TRACE: 0, NOISE: 0, DEBUG: 0, LOG: 1, WARN: 2, ERROR: 3 };

/** What a line says of itself. */
type LineMarks = Pick<KeptLine, 'loudness' | 'category'>;

const plain: LineMarks = { loudness: loudness.LOG };

/** What a line says of itself, after one that said `before`: a stack trace is as loud as the line it belongs to. */
function marksAfter(before: LineMarks, text: string): LineMarks {
  const parsed = parseConsoleLine(text);
  if (parsed.kind === 'entry') return { loudness: loudness[parsed.level], category: parsed.category };
  return parsed.kind === 'plain' ? plain : before;
}

/** The newest lines there are, within bounds of count and size. Places count every line there ever was. */
export interface LineRing {
  /** Adds lines as they came: together, and not taken apart until someone looks at them. */
  addLines(batch: Pick<LogBatch, 'first' | 'text'>): void;
  addRemark(text: string): void;
  at(place: number): KeptLine | undefined;
  /** Place of the oldest line kept. */
  first(): number;
  /** Place after the newest line. */
  end(): number;
}

/** Lines that came together. */
interface Block {
  readonly kind: KeptLine['kind'];
  /** Place of its first line. */
  readonly place: number;
  readonly count: number;
  readonly text: string;
  /** What the line before it said of itself. */
  readonly before: LineMarks;
}

/** Lines that are kept apart for whoever looks at them next. */
const mostApart = 512;

/**
 * Makes a ring of at least `most` lines and at most some `mostChars` characters. A line of its own for each would be a
 * dozen times as much to keep, and to throw away again.
 */
export function createLineRing(most: number, mostChars: number): LineRing {
  let blocks: Block[] = [];
  let gone = 0;
  let chars = 0;
  let end = 0;
  let marks = plain;
  const apart = new Map<Block, readonly KeptLine[]>();
  let linesApart = 0;

  const oldest = (): Block | undefined => blocks[gone];
  const add = (block: Block): void => {
    blocks.push(block);
    end = block.place + block.count;
    chars += block.text.length;
    for (let old = oldest(); old !== undefined && old !== block; old = oldest()) {
      if (end - old.place - old.count < most && chars <= mostChars) break;
      chars -= old.text.length;
      forget(old);
      gone += 1;
    }
    // Moves the rest to the front only now and then.
    if (gone > 1024 && gone > blocks.length / 2) {
      blocks = blocks.slice(gone);
      gone = 0;
    }
  };
  const forget = (block: Block): void => {
    linesApart -= apart.get(block)?.length ?? 0;
    apart.delete(block);
  };

  const blockOf = (place: number): Block | undefined => {
    let [low, high] = [gone, blocks.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((blocks[middle]?.place ?? 0) <= place) low = middle;
      else high = middle - 1;
    }
    return blocks[low];
  };
  const linesIn = (block: Block): readonly KeptLine[] => {
    const known = apart.get(block);
    if (known) return known;
    const lines = takenApart(block);
    apart.set(block, lines);
    linesApart += lines.length;
    for (const old of apart.keys()) {
      if (linesApart <= mostApart || old === block) break;
      forget(old);
    }
    return lines;
  };

  return {
    addLines(batch) {
      const before = marks;
      let count = 0;
      for (const { text } of linesOf(batch)) {
        marks = marksAfter(marks, text);
        count += 1;
      }
      add({ kind: 'line', place: end, count, text: batch.text, before });
    },
    addRemark: (text) => add({ kind: 'remark', place: end, count: 1, text, before: marks }),
    at(place) {
      if (place < (oldest()?.place ?? end) || place >= end) return undefined;
      const block = blockOf(place);
      return block && linesIn(block)[place - block.place];
    },
    first: () => oldest()?.place ?? end,
    end: () => end,
  };
}

function takenApart({ kind, text, before }: Block): readonly KeptLine[] {
  if (kind === 'remark') return [{ kind, time: '', text, loudness: loudness.ERROR }];
  let marks = before;
  return Array.from(linesOf({ first: 1, text }), ({ time, text: line }): KeptLine => {
    marks = marksAfter(marks, line);
    return { kind, time, text: line, ...marks };
  });
}
