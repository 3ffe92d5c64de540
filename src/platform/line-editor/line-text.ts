import { lettersOf } from '../terminal/cell-width.ts';

/** A line while it is typed, and where the cursor stands in it, in UTF-16 units. */
export interface LineText {
  readonly text: string;
  readonly cursor: number;
}

/** A line with the cursor at its end. */
export function lineOf(text: string): LineText {
  return { text, cursor: text.length };
}

/** Puts a text in at the cursor. */
export function insertText({ text, cursor }: LineText, piece: string): LineText {
  return { text: text.slice(0, cursor) + piece + text.slice(cursor), cursor: cursor + piece.length };
}

/** Where the cursor comes to when it moves; `word` stops at the borders of words. */
export function movedTo({ text, cursor }: LineText, step: Step): number {
  const before = text.slice(0, cursor);
  const after = text.slice(cursor);
  switch (step) {
    case 'start':
      return 0;
    case 'end':
      return text.length;
    case 'left':
      return cursor - (lettersOf(before).at(-1)?.length ?? 0);
    case 'right':
      return cursor + (lettersOf(after)[0]?.length ?? 0);
    case 'word-left':
      return before.replace(/\S+\s*$|\s+$/, '').length;
    case 'word-right':
      return cursor + (/^\s*\S*/.exec(after)?.[0].length ?? 0);
  }
}

/** Ways the cursor moves. */
export type Step = 'start' | 'end' | 'left' | 'right' | 'word-left' | 'word-right';

/** Takes away what lies between the cursor and where it would move. @returns what was taken too. */
export function eraseTo(line: LineText, step: Step): { readonly line: LineText; readonly erased: string } {
  const target = movedTo(line, step);
  const [from, to] = target < line.cursor ? [target, line.cursor] : [line.cursor, target];
  return {
    line: { text: line.text.slice(0, from) + line.text.slice(to), cursor: from },
    erased: line.text.slice(from, to),
  };
}
