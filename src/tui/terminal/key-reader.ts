import type { Clock } from '../../platform/clock.ts';

/**
 * A key as it was pressed. `name` is the letter itself (`a`, `A`, `?`) or a word (`enter`, `escape`, `up`, `page-down`,
 * `f1`), with `ctrl+`, `alt+` or `shift+` before it; `paste` for a text that was pasted.
 */
export interface Key {
  readonly name: string;
  /** What it writes into a field; absent for keys that write nothing. */
  readonly text?: string;
  /** Where a `click` was, in cells of the screen counted from 0. */
  readonly at?: { readonly column: number; readonly row: number };
}

/** What {@link createKeyReader} tells. */
export interface KeyReaderOptions {
  readonly onKey: (key: Key) => void;
  /** An answer of the terminal to a question, without its `ESC [`. */
  readonly onReply: (reply: string) => void;
  readonly clock: Clock;
  /** True where the wheel and clicks are keys, too; else what a mouse sends is left out. */
  readonly hasMouse?: boolean;
}

/** Reads keys out of what a terminal in raw mode sends. */
export interface KeyReader {
  take(bytes: Uint8Array): void;
  /** Takes back what waits for more bytes. */
  end(): void;
}

/** A lone Escape and the beginning of a sequence look the same until this many milliseconds have passed. */
const escapeMs = 40;
const longestPaste = 256 * 1024;

/** Makes a reader. Sequences that are cut in two are put together; unknown ones are left out. */
export function createKeyReader({ onKey, onReply, clock, hasMouse = false }: KeyReaderOptions): KeyReader {
  const decoder = new TextDecoder();
  let rest = '';
  let pasted: string | undefined;
  let takeBack: (() => void) | undefined;

  const takePaste = (): boolean => {
    const end = rest.indexOf(pasteEnd);
    if (end === -1) {
      // The end may be cut in two.
      const sure = Math.max(0, rest.length - pasteEnd.length);
      pasted = `${pasted}${rest.slice(0, sure)}`.slice(0, longestPaste);
      rest = rest.slice(sure);
      return false;
    }
    const text = `${pasted}${rest.slice(0, end)}`.slice(0, longestPaste);
    rest = rest.slice(end + pasteEnd.length);
    pasted = undefined;
    onKey({ name: 'paste', text });
    return true;
  };

  const takeSequence = (): boolean => {
    const found = sequence.exec(rest);
    if (!found) return false;
    const [whole, csi, ss3] = found;
    const body = csi ?? ss3 ?? '';
    rest = rest.slice(whole.length);
    if (whole === pasteBegin) pasted = '';
    else if (hasMouse && mouseReport.test(body)) {
      for (const key of mouseKeys(body)) onKey(key);
    } else if (reply.test(body)) onReply(body);
    else {
      const name = nameOf(body);
      if (name !== undefined) onKey({ name });
    }
    return true;
  };

  const takeEscape = (isOver: boolean): boolean => {
    if (takeSequence()) return true;
    const next = rest[1];
    if (next === undefined || (next === '[' && isBeginning.test(rest)) || (next === 'O' && rest.length === 2)) {
      if (!isOver) return false;
      rest = rest.slice(1);
      onKey({ name: 'escape' });
      return true;
    }
    if (next === escapeByte) {
      rest = rest.slice(1);
      onKey({ name: 'escape' });
      return true;
    }
    const letter = String.fromCodePoint(rest.codePointAt(1) ?? 0);
    rest = rest.slice(1 + letter.length);
    onKey({ name: `alt+${plainKey(letter).name}` });
    return true;
  };

  const read = (isOver: boolean): void => {
    takeBack?.();
    takeBack = undefined;
    while (rest !== '') {
      if (pasted !== undefined) {
        if (!takePaste()) return;
      } else if (rest.startsWith(escapeByte)) {
        if (takeEscape(isOver)) continue;
        takeBack = clock.after(escapeMs, () => read(true));
        return;
      } else {
        const letter = String.fromCodePoint(rest.codePointAt(0) ?? 0);
        rest = rest.slice(letter.length);
        onKey(plainKey(letter));
      }
    }
  };

  return {
    take(bytes) {
      rest += decoder.decode(bytes, { stream: true });
      read(false);
    },
    end() {
      takeBack?.();
      takeBack = undefined;
      rest = '';
    },
  };
}

const escapeByte = '\u001b';
const pasteBegin = '\u001b[200~';
const pasteEnd = '\u001b[201~';
const sequence = /^\u001b(?:\[([0-?]*[ -/]*[@-~])|O([A-Za-z]))/;
const isBeginning = /^\u001b\[[0-?]*[ -/]*$/;
/** Mode reports (`?2026;2$y`), device attributes, positions and mouse reports: never keys. */
const reply = /^(?:\?[\d;]*(?:\$y|c|u)|>[\d;]*c|\d+;\d+R|<[\d;]*[Mm])$/;

const mouseReport = /^<(\d+);(\d+);(\d+)([Mm])$/;
/** Rows that one notch of a wheel goes. */
const rowsPerNotch = 3;

/**
 * What a mouse report (mode 1006, `<button;column;row` and `M` for pressed or `m` for let go) means: notches of the wheel,
 * and the left button when it goes down. Other buttons, and those held with a key, stay the terminal's own.
 */
function mouseKeys(body: string): readonly Key[] {
  const [, button, column, row, final] = mouseReport.exec(body) ?? [];
  if (final !== 'M') return [];
  if (button === '64' || button === '65') {
    return Array.from({ length: rowsPerNotch }, () => ({ name: button === '64' ? 'wheel-up' : 'wheel-down' }));
  }
  return button === '0' ? [{ name: 'click', at: { column: Number(column) - 1, row: Number(row) - 1 } }] : [];
}

function plainKey(letter: string): Key {
  const named = plainNames[letter];
  if (named !== undefined) return { name: named };
  const code = letter.codePointAt(0) ?? 0;
  if (code < 0x20) return { name: `ctrl+${String.fromCharCode(code + 0x60)}` };
  return letter === ' ' ? { name: 'space', text: ' ' } : { name: letter, text: letter };
}

const plainNames: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
};

const finalNames: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
  Z: 'shift+tab',
};

const tildeNames: Readonly<Record<string, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'page-up',
  6: 'page-down',
  7: 'home',
  8: 'end',
  15: 'f5',
  17: 'f6',
  18: 'f7',
  19: 'f8',
  20: 'f9',
  21: 'f10',
  23: 'f11',
  24: 'f12',
};

/** Every key that has a word for a name. */
export const namedKeys: readonly string[] = [
  ...new Set([
    'escape',
    'space',
    ...Object.values(plainNames),
    ...Object.values(finalNames),
    ...Object.values(tildeNames),
  ]),
  'wheel-up',
  'wheel-down',
];

/** Whether a key can have that name: one letter or sign, or a word, with what is held down before it. */
export function isKeyName(name: string): boolean {
  const bare = name.replace(/^(?:(?:ctrl|alt|shift)\+)*(?=.)/, '');
  return bare === '' ? false : [...bare].length === 1 || namedKeys.includes(bare);
}

function nameOf(body: string): string | undefined {
  const [, numbers = '', final = ''] = /^([\d;]*)([A-Za-z~])$/.exec(body) ?? [];
  const [first = '', modifier = '1'] = numbers.split(';');
  const base = final === '~' ? tildeNames[first] : finalNames[final];
  if (base === undefined) return undefined;
  const held = Number(modifier) - 1;
  return `${held & 4 ? 'ctrl+' : ''}${held & 2 ? 'alt+' : ''}${held & 1 ? 'shift+' : ''}${base}`;
}
