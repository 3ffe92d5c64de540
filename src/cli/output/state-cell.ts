import type { ServerSummary } from '../../protocol/entities/server.ts';
import { waitingNote } from './changes-text.ts';
import { type Cell, duration } from './format.ts';
import { type Paint, paintState } from './paint.ts';

/** The state of a server with what goes with it: `starting (mods 3 of 12)`. */
export function stateCell(server: ServerSummary, paint: Paint): Cell {
  const notes = [
    server.detail,
    server.staleSeconds === undefined ? undefined : `last word ${duration(server.staleSeconds)} ago`,
    server.pending ? waitingNote(server.waiting) : undefined,
  ].filter((note) => note !== undefined);
  const text = notes.length === 0 ? server.state : `${server.state} (${notes.join(', ')})`;
  return { text, paint: paintState(paint, server.state) };
}
