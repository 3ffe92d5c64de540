import type { ConsoleLevel } from './console-line.ts';
import { createLogReader, type LogRecord } from './log-reader.ts';

/** Levels a person may ask for, quietest first; a line passes when it is at least that loud. */
export const logLevels = ['trace', 'debug', 'log', 'warn', 'error'] as const;

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

/** Which lines pass; what is absent lets all pass. */
export interface LogFilterOptions {
  /** At least this loud. A stack trace is as loud as the line it belongs to; a line of another program as loud as a LOG. */
  readonly level?: LogLevel | undefined;
  /** The game's own category, such as `Lua`; upper and lower case are one. Stack traces have that of their first line. */
  readonly category?: string | undefined;
  /** Lines that name this player, as a whole word. */
  readonly player?: string | undefined;
  /** Lines that it matches; of very long lines only the beginning is looked at. */
  readonly pattern?: RegExp | undefined;
}

/** Reads the lines of one log in their order: what a line says of itself, or undefined for one that does not pass. */
export type LogFilter = (text: string, seq: number) => LogRecord | undefined;

const loudness: Readonly<Record<ConsoleLevel, number>> = { TRACE: 0, NOISE: 0, DEBUG: 1, LOG: 2, WARN: 3, ERROR: 4 };

/** Characters of a line that patterns are tried on. */
export const longestMatched = 4_096;

/** Makes a filter that stands before the first line of a log. */
export function createLogFilter({ level, category, player, pattern }: LogFilterOptions): LogFilter {
  const reader = createLogReader();
  const least = level === undefined ? 0 : logLevels.indexOf(level);
  const wanted = category?.toLowerCase();
  return (text, seq) => {
    const record = reader.read(text, seq);
    const { header } = record;
    if ((header === undefined ? loudness.LOG : loudness[header.level]) < least) return undefined;
    if (wanted !== undefined && header?.category.toLowerCase() !== wanted) return undefined;
    if (player !== undefined && !namesPlayer(text, player)) return undefined;
    if (pattern === undefined) return record;
    return pattern.test(text.length > longestMatched ? text.slice(0, longestMatched) : text) ? record : undefined;
  };
}

const wordCharacter = /[\p{L}\p{N}_]/u;

/** Says whether a text has a name in it that is not part of a longer word. */
export function namesPlayer(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at !== -1 && name !== ''; at = text.indexOf(name, at + 1)) {
    const before = text.slice(Math.max(0, at - 1), at);
    const after = text.slice(at + name.length, at + name.length + 1);
    if (!wordCharacter.test(before) && !wordCharacter.test(after)) return true;
  }
  return false;
}

/** Reads a regular expression as a person types it; `(?i)` first ignores case. Undefined parts say why it cannot be read. */
export function readLogPattern(text: string): { readonly pattern: RegExp } | { readonly problem: string } {
  const ignoresCase = text.startsWith('(?i)');
  try {
    return { pattern: new RegExp(ignoresCase ? text.slice(4) : text, ignoresCase ? 'iv' : 'v') };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'it cannot be read' };
  }
}
