import type { Field } from './field.ts';
import { isSecret, unknownField } from './field.ts';
import { type Caret, changeText, isTextChange, type TextChange } from './text-edit.ts';

/** A form and what was typed into it. Values are kept by the ids of fields, so that they outlive another image. */
export interface Form {
  readonly fields: readonly Field[];
  /** What the server has, where there is one. Values of secrets are the word `set`. */
  readonly before: ReadonlyMap<string, string>;
  /** What a person gave. */
  readonly given: ReadonlyMap<string, string>;
  /** What the server has and is to go back to the image's default. */
  readonly dropped: ReadonlySet<string>;
  /** The field one is at. */
  readonly at: string;
  /** The text of that field while it is typed. */
  readonly typing: Caret | undefined;
  /** Whether the secret one is at is shown. */
  readonly isRevealed: boolean;
}

/** What changes a form. */
export type FormChange =
  | TextChange
  | { readonly kind: 'move'; readonly by: number }
  | { readonly kind: 'section'; readonly by: 1 | -1 }
  | { readonly kind: 'to'; readonly id: string | undefined }
  /** To the next field that has these words about it. */
  | { readonly kind: 'find'; readonly text: string }
  | { readonly kind: 'begin' | 'accept' | 'cancel' | 'clear' | 'reveal' }
  | { readonly kind: 'cycle'; readonly by: 1 | -1 }
  | { readonly kind: 'fill'; readonly values: ReadonlyMap<string, string> }
  | { readonly kind: 'fields'; readonly fields: readonly Field[] }
  | { readonly kind: 'before'; readonly before: ReadonlyMap<string, string> };

/** A form nobody has touched. */
export function newForm(fields: readonly Field[], before: ReadonlyMap<string, string> = new Map()): Form {
  const at = fields[0]?.id ?? '';
  return { fields, before, given: new Map(), dropped: new Set(), at, typing: undefined, isRevealed: false };
}

/** The field one is at. */
export function fieldAt({ fields, at }: Form): Field | undefined {
  return fields.find(({ id }) => id === at) ?? fields[0];
}

/** What a field is to be: as typed, given, or as the server has it; undefined where nobody says. */
export function fieldValue(form: Form, id: string): string | undefined {
  if (form.typing !== undefined && form.at === id && form.typing.isChanged) return form.typing.text;
  return form.given.get(id) ?? (form.dropped.has(id) ? undefined : form.before.get(id));
}

/** Whether a person has changed a field. */
export function isChanged(form: Form, id: string): boolean {
  return form.given.has(id) || form.dropped.has(id);
}

/** Whether anything was typed that would be lost. */
export function isTouched(form: Form): boolean {
  return form.given.size > 0 || form.dropped.size > 0 || form.typing?.isChanged === true;
}

/** The form after a change. Pure. */
export function reduceForm(form: Form, change: FormChange): Form {
  if (isTextChange(change)) {
    if (form.typing === undefined) return form;
    // Pasted lines of a list are its parts.
    const isList = change.kind === 'insert' && fieldAt(form)?.kind === 'list';
    const given = isList ? { ...change, text: change.text.trim().replace(/\s*[\r\n]+\s*/g, ';') } : change;
    return { ...form, typing: changeText(form.typing, given) };
  }
  switch (change.kind) {
    case 'move':
      return moved(form, indexOf(form) + change.by);
    case 'section':
      return toSection(form, change.by);
    case 'to':
      return moved(
        form,
        form.fields.findIndex(({ id }) => id === change.id),
      );
    case 'find':
      return found(form, change.text);
    case 'begin':
      return begun(form);
    case 'accept':
      return accepted(form);
    case 'cancel':
      return { ...form, typing: undefined };
    case 'clear':
      return cleared(form);
    case 'reveal':
      return { ...form, isRevealed: !form.isRevealed };
    case 'cycle':
      return cycled(form, change.by);
    case 'fill':
      return filled(form, change.values);
    case 'fields':
      return withFields(form, change.fields);
    case 'before':
      return {
        ...form,
        before: change.before,
        dropped: new Set([...form.dropped].filter((id) => change.before.has(id))),
      };
  }
}

function indexOf({ fields, at }: Form): number {
  return Math.max(
    0,
    fields.findIndex(({ id }) => id === at),
  );
}

function moved(form: Form, index: number): Form {
  const next = form.fields[Math.max(0, Math.min(form.fields.length - 1, index))];
  return next === undefined || next.id === form.at
    ? form
    : { ...form, at: next.id, typing: undefined, isRevealed: false };
}

function found(form: Form, text: string): Form {
  const wanted = text.trim().toLowerCase();
  const here = indexOf(form);
  const fits = form.fields.map(({ title, help, setting }) =>
    [title, setting?.key ?? '', help].map((about) => about.toLowerCase()),
  );
  // Titles and keys first: a help text may speak of anything.
  for (const part of [0, 1, 2]) {
    const indexes = fits.flatMap((about, index) => (about[part]?.includes(wanted) ? [index] : []));
    const next = indexes.find((index) => index > here) ?? indexes[0];
    if (wanted !== '' && next !== undefined) return moved(form, next);
  }
  return form;
}

function toSection(form: Form, by: 1 | -1): Form {
  const here = indexOf(form);
  const starts = form.fields.flatMap((field, index) =>
    index === 0 || form.fields[index - 1]?.section !== field.section ? [index] : [],
  );
  const next = by === 1 ? starts.find((start) => start > here) : starts.findLast((start) => start < here);
  return next === undefined ? form : moved(form, next);
}

function begun(form: Form): Form {
  const field = fieldAt(form);
  if (field === undefined || isPicked(field)) return cycled(form, 1);
  // What a secret is, nobody knows here: it is typed anew.
  const text = form.given.get(field.id) ?? (isSecret(field) ? '' : (fieldValue(form, field.id) ?? ''));
  return { ...form, typing: { text, caret: [...text].length, isChanged: false } };
}

function accepted(form: Form): Form {
  const { typing, at } = form;
  const done = { ...form, typing: undefined };
  return typing?.isChanged ? give(done, at, typing.text) : done;
}

/** Whether a field is picked from a few words and never typed. */
export function isPicked({ kind }: Field): boolean {
  return kind === 'boolean' || kind === 'choice';
}

function cycled(form: Form, by: 1 | -1): Form {
  const field = fieldAt(form);
  if (field === undefined || !isPicked(field)) return form;
  const words = field.kind === 'boolean' ? ['true', 'false'] : (field.choices ?? []);
  const now = words.indexOf(fieldValue(form, field.id) ?? field.fallback ?? '');
  const next = words[now === -1 ? (by === 1 ? 0 : words.length - 1) : (now + by + words.length) % words.length];
  return next === undefined ? form : give(form, field.id, next);
}

function give(form: Form, id: string, text: string): Form {
  const field = form.fields.find((candidate) => candidate.id === id);
  const given = new Map(form.given);
  const dropped = new Set(form.dropped);
  dropped.delete(id);
  const isAsBefore = form.before.get(id) === text && !(field !== undefined && isSecret(field));
  // Nothing in a field that nobody filled is nothing; where something else would stand there, it is an empty value.
  const isNothing = text === '' && form.before.get(id) === undefined && field?.fallback === undefined;
  if (isAsBefore || isNothing) given.delete(id);
  else given.set(id, text);
  return { ...form, given, dropped };
}

function cleared(form: Form): Form {
  const { at } = form;
  const given = new Map(form.given);
  const dropped = new Set(form.dropped);
  const field = fieldAt(form);
  if (given.has(at)) given.delete(at);
  else if (dropped.has(at)) dropped.delete(at);
  else if (form.before.has(at) && !field?.required) dropped.add(at);
  return { ...form, given, dropped, typing: undefined };
}

function filled(form: Form, values: ReadonlyMap<string, string>): Form {
  const known = new Set(form.fields.map(({ id }) => id));
  const strange = [...values.keys()].filter((id) => !known.has(id) && id.startsWith('env:'));
  const fields = [...form.fields, ...strange.map((id) => unknownField(id.slice('env:'.length)))];
  let next: Form = { ...form, fields, typing: undefined };
  for (const [id, value] of values) next = give(next, id, value);
  return next;
}

/** Another image has other fields; what was given for one that it does not have is shown as such, and not lost. */
function withFields(form: Form, fields: readonly Field[]): Form {
  const known = new Set(fields.map(({ id }) => id));
  const strange = [...form.given.keys()].filter((id) => !known.has(id) && id.startsWith('env:'));
  const all = [...fields, ...strange.map((id) => unknownField(id.slice('env:'.length)))];
  const at = all.some(({ id }) => id === form.at) ? form.at : (all[0]?.id ?? '');
  return { ...form, fields: all, at, ...(at === form.at ? {} : { typing: undefined }) };
}
