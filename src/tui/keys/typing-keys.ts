/** A key of a line that is typed into, as a footer shows it. */
export interface TypingKey {
  /** Name of the key, as in the key table. */
  readonly key: string;
  readonly label: string;
}

/** Which keys mean something while a line is typed: letters then are text, and no keys of the screen. */
export interface TypingKeys {
  /** Those of the line that was opened last; undefined where none is typed into. */
  now(): readonly TypingKey[] | undefined;
  /** A line is typed into from now on, until the returned function is called. */
  begin(keys: readonly TypingKey[]): () => void;
  onChange(listener: () => void): () => void;
}

/** Nothing is typed at first. */
export function createTypingKeys(): TypingKeys {
  let open: readonly { readonly keys: readonly TypingKey[] }[] = [];
  const listeners = new Set<() => void>();
  const change = (next: typeof open): void => {
    open = next;
    for (const listener of [...listeners]) listener();
  };
  return {
    now: () => open.at(-1)?.keys,
    begin(keys) {
      const line = { keys };
      change([...open, line]);
      return () => change(open.filter((other) => other !== line));
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The keys of a simple line. */
export const lineKeys: readonly TypingKey[] = [
  { key: 'enter', label: 'take it' },
  { key: 'escape', label: 'leave it' },
  { key: 'ctrl+u', label: 'empty it' },
];

/** The keys of a line with history and completion, the most used first. */
export const consoleKeys: readonly TypingKey[] = [
  { key: 'enter', label: 'send' },
  { key: 'tab', label: 'complete' },
  { key: 'up', label: 'history' },
  { key: 'ctrl+r', label: 'search' },
  { key: 'escape', label: 'screen' },
  { key: 'ctrl+c', label: 'clear, stop waiting' },
  { key: 'page-up', label: 'scroll' },
  { key: 'f1', label: 'help' },
];
