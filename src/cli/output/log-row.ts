import type { LogLine } from '../../protocol/entities/log.ts';
import { readLogEvent } from '../../zomboid/console/log-events.ts';
import type { LogRecord } from '../../zomboid/console/log-reader.ts';

/** A line as one row of JSON Lines: as it is, and what it says of itself. What it does not say is absent. */
export function logRow(server: string, { seq, time, output, text }: LogLine, { line, header }: LogRecord): object {
  const event = readLogEvent(line);
  return {
    server,
    seq,
    time,
    output,
    text,
    level: header?.level,
    category: header?.category,
    message: line.kind === 'entry' ? line.message : undefined,
    of: line.kind === 'continuation' ? header?.seq : undefined,
    event: event?.kind,
    player: event?.player,
    mod: event?.mod,
  };
}
