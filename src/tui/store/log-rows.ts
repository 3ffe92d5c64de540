import { cellWidth, cut, wrap } from '../../platform/terminal/cell-width.ts';
import { stripControls } from '../../platform/terminal/terminal-text.ts';
import { createTimeOfLine } from '../spans.ts';
import { paneMark } from '../terminal/pane.ts';
import type { Theme, Tone } from '../theme.ts';
import type { KeptLine } from './log-lines.ts';

/** How lines are written on the screen. */
export interface LineLook {
  readonly isWrapped: boolean;
  readonly hasTimes: boolean;
  /** Stands out wherever it occurs; empty for nothing. */
  readonly search: string;
}

/** Characters of one line that are worked on for the screen; all of it goes into a file. */
const longestShown = 8_192;

/** A line as rows of the screen with their colours, each at most `width` cells. */
export type LogRows = (line: KeptLine, look: LineLook, width: number) => readonly string[];

/** Makes what turns the lines of one log into rows. */
export function createLogRows(theme: Theme): LogRows {
  const timeOf = createTimeOfLine();
  return (line, { isWrapped, hasTimes, search }, width) => {
    if (line.kind === 'remark') return [theme.paint('accent', cut(`── ${line.text} ──`, width))];
    const time = hasTimes ? `${timeOf(line.time)} ` : '';
    const room = Math.max(1, width - time.length);
    const text = stripControls(line.text.slice(0, longestShown)).replaceAll('\t', '    ').replaceAll(paneMark, '');
    const parts = isWrapped ? wrap(text, room) : [cut(text, room)];
    return parts.map((part, index) => {
      const lead = index === 0 ? theme.paint('dim', time) : ' '.repeat(time.length);
      return lead + withHits(theme, part, toneOfLine(line.loudness), search);
    });
  };
}

function toneOfLine(loudness: number): Tone {
  return loudness === 3 ? 'bad' : loudness === 2 ? 'warn' : loudness === 0 ? 'dim' : 'plain';
}

/** A text with what was searched for standing out. */
function withHits(theme: Theme, text: string, tone: Tone, search: string): string {
  if (search === '') return theme.paint(tone, text);
  const wanted = search.toLowerCase();
  const lower = text.toLowerCase();
  // Letters that change their length in lower case would shift what is marked.
  if (lower.length !== text.length || cellWidth(search) === 0) return theme.paint(tone, text);
  let row = '';
  let from = 0;
  for (let at = lower.indexOf(wanted); at !== -1; at = lower.indexOf(wanted, from)) {
    row += theme.paint(tone, text.slice(from, at)) + theme.paint('hit', text.slice(at, at + wanted.length));
    from = at + wanted.length;
  }
  return row + theme.paint(tone, text.slice(from));
}
