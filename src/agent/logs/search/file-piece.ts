import * as z from 'zod';
import { stripControls } from '../../../platform/terminal/terminal-text.ts';
import { FoundFileLine } from '../../../protocol/entities/log-search.ts';
import { hidePrintedSecrets } from '../../../zomboid/console/secret-lines.ts';
import { type GameLogEvent, readGameLogEvent } from '../../../zomboid/game-log/log-events.ts';
import { gameLogTypes } from '../../../zomboid/game-log/log-file-name.ts';
import type { FilteredGameLine } from '../../../zomboid/game-log/log-filter.ts';
import { parseEntryLines } from '../../game-logs/entry-lines.ts';

/** Where the lines of one file stand between two pieces of it. */
const Standing = z.object({
  /** What an entry that goes on has to end with. */
  until: z.string().optional(),
  /** Time and level of the last entry. */
  wallMs: z.number().optional(),
  level: z.string().optional(),
});
/** How far into its last entry a file has been read. */
export type Standing = z.infer<typeof Standing>;

/** Whole lines of one file in `Logs/`, after those before them. */
export const FilePiece = z.object({
  kind: z.literal('file'),
  type: z.enum(gameLogTypes),
  text: z.string(),
  standing: Standing,
});
export type FilePiece = z.infer<typeof FilePiece>;

/** What of a piece passes: lines with their time on the server's clock, undefined before the first entry. */
export const SiftedPiece = z.object({
  found: z.array(
    FoundFileLine.omit({ file: true, time: true, category: true }).extend({ wallMs: z.number().optional() }),
  ),
  standing: Standing,
});
export type SiftedPiece = z.infer<typeof SiftedPiece>;

/** Characters of a line that a search gives. */
const longest = 8_192;

/**
 * Looks through a piece. Secrets that the game prints are hidden before any line is looked at, so that nobody can find
 * one out by searching for it.
 */
export function siftFilePiece(piece: FilePiece, passes: (line: FilteredGameLine) => boolean): SiftedPiece {
  const { type, standing } = piece;
  let { wallMs, level } = standing;
  const found: SiftedPiece['found'] = [];
  const { lines, until } = parseEntryLines(piece.text.split('\n'), type, standing.until);
  for (const { line, parsed } of lines) {
    if (parsed.kind === 'entry') ({ wallMs, level } = parsed);
    const text = hidePrintedSecrets(line);
    // A name is looked for as it is shown.
    if (!passes({ type, text: stripControls(text), level })) continue;
    const message = parsed.kind === 'entry' ? hidePrintedSecrets(parsed.text) : undefined;
    const event = parsed.kind === 'entry' && parsed.isWhole ? readGameLogEvent(type, parsed.text) : undefined;
    const player = event === undefined ? undefined : nameOf(event);
    found.push({
      ...(wallMs === undefined ? {} : { wallMs }),
      text: text.slice(0, longest),
      ...(level === undefined ? {} : { level }),
      ...(message === undefined ? {} : { message: message.slice(0, longest) }),
      ...(event === undefined ? {} : { event: event.kind }),
      ...(player === undefined ? {} : { player: player.slice(0, 128) }),
    });
  }
  return {
    found,
    standing: {
      ...(until === undefined ? {} : { until }),
      ...(wallMs === undefined ? {} : { wallMs }),
      ...(level === undefined ? {} : { level }),
    },
  };
}

function nameOf(event: GameLogEvent): string | undefined {
  return 'player' in event ? stripControls(event.player.name) : undefined;
}
