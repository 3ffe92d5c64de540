import type { LogLine } from '../../../protocol/entities/log.ts';
import type { FoundLine } from '../../../protocol/entities/log-search.ts';
import { readLogEvent } from '../../../zomboid/console/log-events.ts';
import type { LogRecord } from '../../../zomboid/console/log-reader.ts';

/** Characters of a line that a search gives. */
const longest = 8_192;

/** A line as a search gives it. */
export function foundLine({ seq, time, output, text }: LogLine, { line, header }: LogRecord): FoundLine {
  const event = readLogEvent(line);
  return {
    seq,
    time,
    output,
    text: text.slice(0, longest),
    ...(header === undefined ? {} : { level: header.level, category: header.category.slice(0, 256) }),
    ...(line.kind === 'entry' ? { message: line.message.slice(0, longest) } : {}),
    ...(line.kind === 'continuation' && header !== undefined ? { of: header.seq } : {}),
    ...(event === undefined ? {} : { event: event.kind }),
    ...(event?.player === undefined ? {} : { player: event.player.slice(0, 128) }),
    ...(event?.mod === undefined ? {} : { mod: event.mod.slice(0, 256) }),
  };
}
