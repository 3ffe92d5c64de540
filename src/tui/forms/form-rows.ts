import { cellWidth, cut } from '../../platform/terminal/cell-width.ts';
import type { Piece } from '../pieces.ts';
import { type Field, isSecret } from './field.ts';
import { type Form, fieldAt, fieldValue, isChanged, isPicked } from './form.ts';

/** What a form is shown with. */
export interface FormLook {
  readonly width: number;
  /** Whether it is for a new server, which has had nothing before. */
  readonly isNew: boolean;
  readonly faults: ReadonlyMap<string, string>;
  /** Whether faults of fields that nobody has touched are told too: once it was to be applied. */
  readonly isTried: boolean;
  /** What is to be known of a field, such as who has a port. */
  readonly notes: ReadonlyMap<string, string>;
}

/** A form as rows, and at which of them the field is that one is at. */
export function formRows(
  form: Form,
  look: FormLook,
): { readonly rows: readonly Piece[][]; readonly at: number; readonly until: number } {
  const rows: Piece[][] = [];
  const here = fieldAt(form);
  const widest = form.fields.reduce((most, { title }) => Math.max(most, cellWidth(title)), 0);
  const label = Math.min(widest, Math.max(16, Math.floor(look.width / 3)));
  let section = '';
  let at = 0;
  let until = 0;
  for (const field of form.fields) {
    if (field.section !== section) {
      section = field.section;
      if (rows.length > 0) rows.push(['']);
      rows.push([['strong', section.toUpperCase()]]);
    }
    const isHere = field === here;
    if (isHere) at = rows.length;
    rows.push(fieldRow(form, field, look, label));
    const indent = ' '.repeat(label + 6);
    const below = (tone: 'dim' | 'bad' | 'warn', text: string, most: number): void => {
      for (const part of words(text, look.width - indent.length).slice(0, most)) rows.push([indent, [tone, part]]);
    };
    const fault = look.faults.get(field.id);
    const isTold = look.isTried || isChanged(form, field.id) || (isHere && form.typing?.isChanged === true);
    if (fault !== undefined && isTold) below('bad', `✗ ${fault}`, 3);
    const note = look.notes.get(field.id);
    if (note !== undefined) below('warn', `! ${note}`, 2);
    if (isHere) {
      below('dim', field.help, 4);
      below('dim', aboutOf(field), 2);
      until = rows.length - 1;
    }
  }
  return { rows, at, until };
}

function fieldRow(form: Form, field: Field, look: FormLook, label: number): Piece[] {
  const isHere = fieldAt(form) === field;
  const value = fieldValue(form, field.id);
  const isMissing = field.required && (value ?? field.fallback ?? '') === '';
  const mark: Piece =
    look.faults.has(field.id) && (look.isTried || isChanged(form, field.id))
      ? ['bad', '✗']
      : isMissing
        ? ['warn', '*']
        : isChanged(form, field.id)
          ? ['accent', '~']
          : ' ';
  const title = cut(field.title, label);
  const name: Piece = [isHere ? 'accent' : 'plain', title + ' '.repeat(label - cellWidth(title))];
  return [
    [isHere ? 'accent' : 'plain', isHere ? '▸ ' : '  '],
    mark,
    ' ',
    name,
    '  ',
    ...valuePieces(form, field, look.width - label - 7, look.isNew),
  ];
}

function valuePieces(form: Form, field: Field, room: number, isNew: boolean): Piece[] {
  const isHere = fieldAt(form) === field;
  if (isHere && form.typing) return typedPieces(form, field, room);
  const value = fieldValue(form, field.id);
  const before = form.before.get(field.id);
  const from: Piece[] =
    !isNew && before !== undefined && isChanged(form, field.id) && !isSecret(field)
      ? [['dim', `${shown(field, before)} → `]]
      : [];
  if (value === undefined) {
    const stands = field.fallback === undefined ? field.otherwise : `${shown(field, field.fallback)} (default)`;
    return [...from, ['dim', stands]];
  }
  if (isSecret(field)) {
    if (!form.given.has(field.id)) return [['dim', 'set']];
    return [isHere && form.isRevealed ? value : dots(value)];
  }
  const text = value === '' ? '(empty)' : shown(field, value);
  return isHere && isPicked(field) ? [...from, ['accent', `‹ ${text} ›`]] : [...from, text];
}

function typedPieces(form: Form, field: Field, room: number): Piece[] {
  if (!form.typing) return [];
  const { text, caret } = form.typing;
  const isHidden = isSecret(field) && !form.isRevealed;
  const letters = [...(isHidden ? '•'.repeat([...text].length) : text)];
  // Of a long text, what is around the caret.
  const first = Math.max(0, Math.min(caret - Math.floor(room / 2), letters.length + 1 - room));
  return [
    letters.slice(first, caret).join(''),
    ['selected', letters[caret] ?? ' '],
    letters.slice(caret + 1, first + room).join(''),
  ];
}

/** As many dots for every secret, so that its length is none of its reader's business. */
function dots(value: string): string {
  return value === '' ? '(empty)' : '••••••••';
}

function shown({ kind }: Field, value: string): string {
  return kind === 'list' ? value.split(';').join('; ') : value;
}

/** A field in a few words: its key, kind and bounds. */
function aboutOf({ setting, kind, fallback, choices }: Field): string {
  if (setting === undefined) return '';
  const { min, max, key } = setting;
  const bounds =
    min !== undefined && max !== undefined
      ? `${min} to ${max}`
      : min !== undefined
        ? `at least ${min}`
        : max !== undefined
          ? `at most ${max}`
          : '';
  const unit = ['text', 'secret', 'list'].includes(kind) && bounds !== '' ? ' letters' : '';
  const parts = [
    key,
    kind === 'list' ? 'list, parts separated by ;' : kind,
    bounds + unit,
    choices === undefined ? '' : choices.join(', '),
    fallback === undefined ? '' : `default ${fallback}`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

/** A text in rows of at most `width` cells, parted between words where that goes. */
export function words(text: string, width: number): readonly string[] {
  const room = Math.max(8, width);
  const rows: string[] = [];
  let row = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const longer = row === '' ? word : `${row} ${word}`;
    if (cellWidth(longer) <= room) row = longer;
    else {
      if (row !== '') rows.push(row);
      row = cut(word, room);
    }
  }
  return row === '' ? rows : [...rows, row];
}

/** The first of `height` rows to show, so that the field one is at is whole among them. */
export function firstRow(at: number, until: number, count: number, height: number): number {
  const middle = at - Math.floor(height / 3);
  const first = Math.max(middle, until - height + 1);
  return Math.max(0, Math.min(first, at - 1, count - height));
}
