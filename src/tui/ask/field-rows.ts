import type { Piece } from '../pieces.ts';
import { type AskField, type AskState, shownValue } from './ask-state.ts';

/** The fields of a question, a row each, and below them what is wrong or what the one at hand is for. */
export function fieldRows(fields: readonly AskField[], { values, at, problem }: AskState): readonly Piece[][] {
  const widest = Math.max(...fields.map(({ label }) => label.length));
  const rows = fields.map((field, index): Piece[] => {
    const value = shownValue(field, values[field.id] ?? '');
    const isHere = index === at;
    const label: Piece = [isHere ? 'key' : 'plain', `${field.label.padEnd(widest)}  `];
    if (field.kind === 'choice') return [label, isHere ? ['selected', `‹ ${value} ›`] : `  ${value}`];
    return isHere ? [label, value, ['selected', ' ']] : [label, value];
  });
  const help: Piece =
    problem === undefined ? ['dim', fields[at]?.hint ?? 'Enter goes on, Esc leaves'] : ['bad', problem.text];
  return [...rows, [help]];
}
