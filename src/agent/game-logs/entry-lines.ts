import type { GameLogType } from '../../zomboid/game-log/log-file-name.ts';
import { type GameLogLine, parseGameLogLine } from '../../zomboid/game-log/log-line.ts';

/** Lines of a file in `Logs/`, and what the last entry still waits for. */
export interface EntryLines {
  readonly lines: readonly { readonly line: string; readonly parsed: GameLogLine }[];
  /** What a line has to end with for the entry that goes on to be over; undefined where none goes on. */
  readonly until: string | undefined;
}

/**
 * Parses whole lines that follow one another, going on after `openUntil`. An entry whose end is missing has a line break
 * in a name or in what somebody said: until that end, whatever looks like an entry of its own is part of it.
 */
export function parseEntryLines(
  texts: readonly string[],
  type: GameLogType,
  openUntil: string | undefined,
): EntryLines {
  let until = openUntil;
  const lines = texts.map((line): EntryLines['lines'][number] => {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (until !== undefined) {
      if (text.endsWith(until)) until = undefined;
      return { line, parsed: { kind: 'rest', text } };
    }
    const parsed = parseGameLogLine(text, type);
    if (parsed.kind === 'entry') {
      const end = parsed.text.startsWith('Got message:ChatMessage{') ? "'}." : '.';
      if (!text.endsWith(end)) until = end;
    }
    return { line, parsed };
  });
  return { lines, until };
}
