import { stripControls } from '../terminal/terminal-text.ts';
import { eraseTo, insertText, type LineText, lineOf, movedTo, type Step } from './line-text.ts';

/** A key, as `node:readline` decodes it. */
export interface Key {
  readonly name?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
  /** What the terminal sent. */
  readonly sequence?: string | undefined;
}

/** What a key came to, besides a changed line. */
export type Pressed =
  | { readonly kind: 'edited' }
  | { readonly kind: 'line'; readonly line: string }
  | { readonly kind: 'complete' }
  | { readonly kind: 'redraw' }
  /** Ctrl-C: the line is empty now. */
  | { readonly kind: 'cleared' }
  /** Ctrl-D on an empty line. */
  | { readonly kind: 'leave' };

/** One line being typed, with its history. Knows nothing of terminals. */
export interface LineEditor {
  press(key: Key): Pressed;
  readonly line: LineText;
  /** What is searched for in the history, while it is. */
  readonly search: { readonly wanted: string; readonly isFound: boolean } | undefined;
  /** Puts other text in place of what lies between `from` and the cursor. */
  replace(from: number, text: string): void;
}

/** The longest line that can be typed: what a command may have. */
const longestLine = 1024;

/** Makes an editor for one line. `history` is oldest first. */
export function createLineEditor(history: readonly string[] = []): LineEditor {
  let line = lineOf('');
  let draft = line;
  /** Place in the history; its length stands for the line being typed. */
  let place = history.length;
  let erased = '';
  let search: { wanted: string; place: number; isFound: boolean; before: LineText } | undefined;

  const edited = { kind: 'edited' } as const;
  const type = (text: string): void => {
    if (line.text.length + text.length <= longestLine) line = insertText(line, text);
  };
  const move = (step: Step): void => {
    line = { ...line, cursor: movedTo(line, step) };
  };
  const erase = (step: Step, keep = true): void => {
    const done = eraseTo(line, step);
    if (keep && done.erased !== '') erased = done.erased;
    line = done.line;
  };
  const goTo = (wanted: number): void => {
    if (wanted < 0 || wanted > history.length) return;
    if (place === history.length) draft = line;
    place = wanted;
    line = place === history.length ? draft : lineOf(history[place] ?? '');
  };
  const find = (from: number): void => {
    if (!search) return;
    for (let at = from; at >= 0; at -= 1) {
      const candidate = history[at] ?? '';
      const column = candidate.lastIndexOf(search.wanted);
      if (search.wanted === '' || column === -1) continue;
      line = { text: candidate, cursor: column };
      search = { ...search, place: at, isFound: true };
      place = at;
      return;
    }
    search = { ...search, isFound: search.wanted === '' };
  };

  /** @returns undefined where the key ends the search and does what it does elsewhere. */
  const pressInSearch = ({ name, ctrl, meta, sequence = '' }: Key): Pressed | undefined => {
    if (!search) return undefined;
    if (ctrl && name === 'r') find(search.place - 1);
    else if (name === 'backspace') {
      search = { ...search, wanted: search.wanted.slice(0, -1), place: history.length };
      line = search.before;
      find(history.length - 1);
    } else if (name === 'escape' || (ctrl && (name === 'g' || name === 'c'))) {
      line = search.before;
      search = undefined;
    } else if (isPrintable({ ctrl, meta, sequence })) {
      search = { ...search, wanted: search.wanted + sequence };
      find(Math.min(search.place, history.length - 1));
    } else {
      search = undefined;
      return undefined;
    }
    return edited;
  };

  const pressWithControl = (name: string | undefined): Pressed => {
    switch (name) {
      case 'c':
        line = lineOf('');
        place = history.length;
        return { kind: 'cleared' };
      case 'd':
        if (line.text === '') return { kind: 'leave' };
        erase('right', false);
        break;
      case 'l':
        return { kind: 'redraw' };
      case 'r':
        search = { wanted: '', place: history.length, isFound: true, before: line };
        break;
      case 'p':
        goTo(place - 1);
        break;
      case 'n':
        goTo(place + 1);
        break;
      case 'y':
        type(erased);
        break;
      default: {
        const step = moves[`C-${name}`];
        const deed = erasures[`C-${name}`];
        if (step) move(step);
        else if (deed) erase(deed);
      }
    }
    return edited;
  };

  const pressPlain = (key: Key): Pressed => {
    const { name, meta, sequence = '' } = key;
    const chord = meta ? `M-${name}` : (name ?? '');
    const step = moves[chord];
    const deed = erasures[chord];
    if (name === 'return' || name === 'enter') return { kind: 'line', line: line.text };
    if (name === 'tab') return { kind: 'complete' };
    if (chord === 'up') goTo(place - 1);
    else if (chord === 'down') goTo(place + 1);
    else if (step) move(step);
    else if (deed) erase(deed, meta === true);
    else if (isPrintable(key)) type(sequence);
    return edited;
  };

  return {
    get line() {
      return line;
    },
    get search() {
      return search && { wanted: search.wanted, isFound: search.isFound };
    },
    press(key) {
      const pressed = pressInSearch(key);
      if (pressed) return pressed;
      return key.ctrl ? pressWithControl(key.name) : pressPlain(key);
    },
    replace(from, text) {
      const kept = line.text.slice(0, from) + text + line.text.slice(line.cursor);
      if (kept.length <= longestLine) line = { text: kept, cursor: from + text.length };
    },
  };
}

const moves: Readonly<Record<string, Step>> = {
  'C-a': 'start',
  'C-e': 'end',
  'C-b': 'left',
  'C-f': 'right',
  'C-left': 'word-left',
  'C-right': 'word-right',
  'M-b': 'word-left',
  'M-f': 'word-right',
  home: 'start',
  end: 'end',
  left: 'left',
  right: 'right',
};

const erasures: Readonly<Record<string, Step>> = {
  'C-h': 'left',
  'C-k': 'end',
  'C-u': 'start',
  'C-w': 'word-left',
  'M-d': 'word-right',
  'M-backspace': 'word-left',
  backspace: 'left',
  delete: 'right',
};

function isPrintable({ ctrl, meta, sequence = '' }: Key): boolean {
  return !ctrl && !meta && sequence !== '' && !sequence.includes('\t') && stripControls(sequence) === sequence;
}
