/** A line of text, and the letter before which the next one goes. */
export interface Caret {
  readonly text: string;
  /** In letters, from 0. */
  readonly caret: number;
  readonly isChanged: boolean;
}

/** What a person does to a line. */
export type TextChange =
  | { readonly kind: 'insert'; readonly text: string }
  | { readonly kind: 'erase'; readonly what: 'before' | 'after' | 'word' | 'all' }
  | { readonly kind: 'caret'; readonly to: 'left' | 'right' | 'home' | 'end' };

/** As many letters as a value of an env may have. */
const mostLetters = 65_536;

/** Whether something is done to a line. */
export function isTextChange(change: { readonly kind: string }): change is TextChange {
  return ['insert', 'erase', 'caret'].includes(change.kind);
}

/** The line after a change. Pure. */
export function changeText({ text, caret, isChanged }: Caret, change: TextChange): Caret {
  const letters = [...text];
  const made = (next: readonly string[], at: number): Caret => ({ text: next.join(''), caret: at, isChanged: true });
  switch (change.kind) {
    case 'insert': {
      const some = [...change.text.replace(/[\r\n\t]+/g, ' ')].slice(0, Math.max(0, mostLetters - letters.length));
      return made(letters.toSpliced(caret, 0, ...some), caret + some.length);
    }
    case 'erase': {
      if (change.what === 'all') return made([], 0);
      if (change.what === 'after') return made(letters.toSpliced(caret, 1), caret);
      const before = letters.slice(0, caret).join('');
      const word = [...(/\S*\s*$/.exec(before)?.[0] ?? '')].length;
      const count = Math.min(caret, change.what === 'word' ? word : 1);
      return made(letters.toSpliced(caret - count, count), caret - count);
    }
    case 'caret': {
      const places = { left: caret - 1, right: caret + 1, home: 0, end: letters.length };
      return { text, caret: Math.max(0, Math.min(letters.length, places[change.to])), isChanged };
    }
  }
}

/** What a key does to a line; undefined for a key that does nothing to it. */
export function textChangeOf(name: string, typed: string | undefined): TextChange | undefined {
  const fixed = keys[name];
  if (fixed !== undefined) return fixed;
  return typed === undefined || typed === '' ? undefined : { kind: 'insert', text: typed };
}

const keys: Readonly<Record<string, TextChange>> = {
  backspace: { kind: 'erase', what: 'before' },
  delete: { kind: 'erase', what: 'after' },
  'ctrl+w': { kind: 'erase', what: 'word' },
  'ctrl+u': { kind: 'erase', what: 'all' },
  left: { kind: 'caret', to: 'left' },
  right: { kind: 'caret', to: 'right' },
  home: { kind: 'caret', to: 'home' },
  end: { kind: 'caret', to: 'end' },
  'ctrl+a': { kind: 'caret', to: 'home' },
  'ctrl+e': { kind: 'caret', to: 'end' },
};
