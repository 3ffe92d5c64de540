import { type ConsoleLevel, parseConsoleLine } from '../../zomboid/console-line.ts';

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
export type LineMarks = Pick<KeptLine, 'loudness' | 'category'>;

/** Reads lines one after the other: a stack trace is as loud, and of the category, of the line it belongs to. */
export function createMarks(): (text: string) => LineMarks {
  const plain: LineMarks = { loudness: loudness.LOG };
  let last = plain;
  return (text) => {
    const parsed = parseConsoleLine(text);
    if (parsed.kind === 'entry') last = { loudness: loudness[parsed.level], category: parsed.category };
    else if (parsed.kind === 'plain') last = plain;
    return last;
  };
}

/** The newest lines there are, within bounds of count and size. Places count every line there ever was. */
export interface LineRing {
  add(line: KeptLine): void;
  at(place: number): KeptLine | undefined;
  /** Place of the oldest line kept. */
  first(): number;
  /** Place after the newest line. */
  end(): number;
  clear(): void;
}

/** Makes a ring of at most `most` lines and `mostChars` characters of text. */
export function createLineRing(most: number, mostChars: number): LineRing {
  let lines: (KeptLine | undefined)[] = [];
  let head = 0;
  let gone = 0;
  let chars = 0;
  return {
    add(line) {
      lines.push(line);
      chars += line.text.length;
      while (lines.length - head > most || (chars > mostChars && lines.length - head > 1)) {
        chars -= lines[head]?.text.length ?? 0;
        lines[head] = undefined;
        head += 1;
      }
      // Moves the rest to the front only now and then.
      if (head > 4096 && head > lines.length / 2) {
        lines = lines.slice(head);
        gone += head;
        head = 0;
      }
    },
    at: (place) => lines[place - gone],
    first: () => gone + head,
    end: () => gone + lines.length,
    clear() {
      gone += lines.length;
      lines = [];
      head = 0;
      chars = 0;
    },
  };
}
