import { parseConsoleLine } from '../console/console-line.ts';
import type { GameLogType } from './log-file-name.ts';

/** A line of a file in `Logs/` that begins with a time. What it does not say is undefined. */
export interface GameLogEntry {
  readonly kind: 'entry';
  /** The time on the server's clock, as milliseconds since 1970 if that clock showed UTC; a {@link LogZone} turns it. */
  readonly wallMs: number;
  /** `info`, `warning`, `error`, `IMPORTANT`, `LOG`…: an open set. */
  readonly level: string | undefined;
  /** Only in `DebugLog-server`, whose lines are those of the console. */
  readonly category: string | undefined;
  /** Without the dot that the game puts after each line. */
  readonly text: string;
  /** False for a line without that dot: it goes on in the lines after it. */
  readonly isWhole: boolean;
}

/** A line without a time: it goes on with the one before it, or is of something else. */
export interface GameLogRest {
  readonly kind: 'rest';
  readonly text: string;
}

/** One line of a file in `Logs/`. */
export type GameLogLine = GameLogEntry | GameLogRest;

const head = /^\[(\d\d)-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{3})\](?:\[([A-Za-z]{1,16})\])? /;

/**
 * Reads one line, without its line feed, of a file of build 41 or 42:
 *
 *     [24-09-26 18:05:09.123] 76561198000000001 "mara" fully connected (10600,9400,0).
 *     [24-09-26 18:05:12.004][info] Got message:ChatMessage{chat=General, author='mara', text='hi'}.
 *
 * Any other line passes through as it is.
 */
export function parseGameLogLine(line: string, type: GameLogType): GameLogLine {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  const found = head.exec(text);
  const wallMs = found ? timeOf(found) : undefined;
  if (!found || wallMs === undefined) return { kind: 'rest', text };
  const isWhole = text.endsWith('.');
  if (type === 'DebugLog-server') {
    const line = parseConsoleLine(text);
    if (line.kind === 'entry') {
      return { kind: 'entry', wallMs, level: line.level, category: line.category, text: line.message, isWhole };
    }
  }
  const message = text.slice(found[0].length, isWhole ? -1 : undefined);
  return { kind: 'entry', wallMs, level: found[8], category: undefined, text: message, isWhole };
}

function timeOf(found: RegExpExecArray): number | undefined {
  const [day = 0, month = 0, year = 0, hour = 0, minute = 0, second = 0, ms = 0] = found.slice(1, 8).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return undefined;
  return Date.UTC(2000 + year, month - 1, day, hour, minute, second, ms);
}
