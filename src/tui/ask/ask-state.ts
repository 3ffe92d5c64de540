import type { Key } from '../terminal/key-reader.ts';

/** One thing that is asked for. */
export interface AskField {
  readonly id: string;
  readonly label: string;
  /** `secret` is never shown. */
  readonly kind: 'text' | 'secret' | 'choice';
  readonly first?: string;
  /** What a choice is among. */
  readonly choices?: readonly string[];
  readonly hint?: string;
}

/** What is wrong with the value of a field. */
export interface AskProblem {
  readonly field: string;
  readonly text: string;
}

/** What has been answered so far, and where one is. */
export interface AskState {
  readonly values: Readonly<Record<string, string>>;
  readonly at: number;
  /** Told when one wanted to go on with it; gone with the next key. */
  readonly problem?: AskProblem | undefined;
}

/** What a key leads to: another state, leaving, or being done. */
export type AskStep = { readonly state: AskState } | 'left' | 'done';

const longestValue = 1024;

/** Before anything is typed. */
export function firstAskState(fields: readonly AskField[]): AskState {
  return {
    values: Object.fromEntries(
      fields.map(({ id, kind, first, choices }) => [id, first ?? (kind === 'choice' ? (choices?.[0] ?? '') : '')]),
    ),
    at: 0,
  };
}

/** Where a key leads. `check` finds the first field that is wrong. Pure. */
export function askStep(
  fields: readonly AskField[],
  check: (values: AskState['values']) => AskProblem | undefined,
  { values, at }: AskState,
  { name, text }: Key,
): AskStep {
  const field = fields[at];
  const value = field === undefined ? '' : (values[field.id] ?? '');
  const set = (next: string): AskStep => ({
    state: { at, values: field === undefined ? values : { ...values, [field.id]: next.slice(0, longestValue) } },
  });
  const move = (next: number): AskStep => ({ state: { values, at: Math.max(0, Math.min(fields.length - 1, next)) } });
  if (name === 'escape' || name === 'ctrl+c') return 'left';
  if (name === 'down' || name === 'tab') return move(at + 1);
  if (name === 'up' || name === 'shift+tab') return move(at - 1);
  if (name === 'enter') {
    if (at < fields.length - 1) return move(at + 1);
    const problem = check(values);
    if (problem === undefined) return 'done';
    const wrong = fields.findIndex(({ id }) => id === problem.field);
    return { state: { values, at: wrong === -1 ? at : wrong, problem } };
  }
  if (field?.kind === 'choice') {
    const choices = field.choices ?? [];
    const by = name === 'right' || name === 'space' ? 1 : name === 'left' ? -1 : 0;
    return set(choices[(choices.indexOf(value) + by + choices.length) % choices.length] ?? value);
  }
  if (name === 'backspace') return set([...value].slice(0, -1).join(''));
  if (name === 'ctrl+u') return set('');
  if (name === 'ctrl+w') return set(value.replace(/\S*\s*$/, ''));
  return text === undefined ? { state: { values, at } } : set(value + text.replace(/\s+/g, ' '));
}

/** A value as it is shown. How long a secret is shows nowhere. */
export function shownValue({ kind }: AskField, value: string): string {
  if (kind !== 'secret') return value;
  return value === '' ? '' : '••••••••';
}
