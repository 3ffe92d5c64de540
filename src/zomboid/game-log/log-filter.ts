import { type LogFilterOptions, type LogLevel, logLevels, longestMatched, namesPlayer } from '../console/log-filter.ts';
import type { GameLogType } from './log-file-name.ts';

/** A line of a file in `Logs/`, as far as a filter looks at it. */
export interface FilteredGameLine {
  readonly type: GameLogType;
  /** The line as it was written. */
  readonly text: string;
  /** Of the entry it belongs to; undefined where it says none. */
  readonly level: string | undefined;
}

/** The game's words for how loud a line is, in small letters; any other word, and none, is as loud as a LOG. */
const loudness = new Map<string, LogLevel>([
  ['trace', 'trace'],
  ['debug', 'debug'],
  ['warn', 'warn'],
  ['warning', 'warn'],
  ['error', 'error'],
]);

/**
 * Makes a filter of lines in `Logs/` by the options that lines of the console are filtered by: the category of a line is
 * the type of its file.
 */
export function createGameLogFilter({ level, category, player, pattern }: LogFilterOptions) {
  const least = level === undefined ? 0 : logLevels.indexOf(level);
  const wanted = category?.toLowerCase();
  return ({ type, text, level: word }: FilteredGameLine): boolean => {
    if (logLevels.indexOf(loudness.get(word?.toLowerCase() ?? '') ?? 'log') < least) return false;
    if (wanted !== undefined && type.toLowerCase() !== wanted) return false;
    if (player !== undefined && !namesPlayer(text, player)) return false;
    return pattern === undefined || pattern.test(text.length > longestMatched ? text.slice(0, longestMatched) : text);
  };
}
