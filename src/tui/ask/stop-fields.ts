import { type StopOptions, usualWarnings } from '../../client/stop-options.ts';
import type { AskField, AskState } from './ask-state.ts';

/** The ways to stop, as they are chosen among. */
export const stopWays = ['now', 'warn players', 'when empty'] as const;

const how: AskField = {
  id: 'how',
  label: 'how',
  kind: 'choice',
  choices: stopWays,
  hint: 'y does it, ← → choose how, Enter goes on, n leaves it',
};
const warn: AskField = {
  id: 'warn',
  label: 'told before',
  kind: 'text',
  first: usualWarnings,
  hint: 'players read a countdown in the game; with nobody online there is none',
};
const maxWait: AskField = {
  id: 'maxWait',
  label: 'at most',
  kind: 'text',
  hint: 'such as 3h, then it stops after a last warning; empty: however long it takes',
};
const reason: AskField = {
  id: 'reason',
  label: 'reason',
  kind: 'text',
  hint: 'players read it with every message; it may be empty. Enter does it',
};

/** Every field there can be. */
export const allStopFields: readonly AskField[] = [how, warn, maxWait, reason];

/** What is asked for the way that is chosen. */
export function stopFields({ how: way }: AskState['values']): readonly AskField[] {
  if (way === 'warn players') return [how, warn, reason];
  return way === 'when empty' ? [how, maxWait, reason] : [how, reason];
}

/** What was answered, as the command line has it. */
export function stopOptions({
  how: way,
  warn: times = '',
  maxWait: most = '',
  reason: why = '',
}: AskState['values']): StopOptions {
  const isWhenEmpty = way === 'when empty';
  return {
    whenEmpty: isWhenEmpty,
    ...(way === 'warn players' ? { warn: times.trim() } : {}),
    ...(isWhenEmpty && most.trim() !== '' ? { maxWait: most.trim() } : {}),
    ...(why.trim() === '' ? {} : { reason: why.trim() }),
  };
}
