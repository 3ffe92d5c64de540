import { type ConsoleLevel, type ConsoleLine, parseConsoleLine } from './console-line.ts';

/** The line with a header that a line belongs to: itself, or the one a stack trace goes on from. */
export interface LogHeader {
  readonly seq: number;
  readonly level: ConsoleLevel;
  readonly category: string;
}

/** One line of a log with what it says of itself. */
export interface LogRecord {
  readonly line: ConsoleLine;
  /** Absent for lines of other programs, and for a stack trace whose first line was not read. */
  readonly header: LogHeader | undefined;
}

/** Reads the lines of one log in their order, and knows which of them belong together. */
export interface LogRecordReader {
  /** `seq` is the line's number. A line that nobody knows comes back as it is. */
  read(text: string, seq: number): LogRecord;
}

/** Makes a reader that stands before the first line. */
export function createLogReader(): LogRecordReader {
  let header: LogHeader | undefined;
  return {
    read(text, seq) {
      const line = parseConsoleLine(text);
      if (line.kind === 'entry') header = { seq, level: line.level, category: line.category };
      else if (line.kind === 'plain') header = undefined;
      return { line, header };
    },
  };
}
