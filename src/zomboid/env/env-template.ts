import { type EnvFault, parseEnvFile } from './env-file.ts';

/** What a value of the env is, so that it can be checked and asked for. A list has semicolons between its parts. */
export type EnvKind = 'port' | 'integer' | 'number' | 'boolean' | 'choice' | 'secret' | 'text' | 'list';

/** One key of an image's env, as its template describes it. */
export interface EnvSetting {
  readonly key: string;
  /** Heading it stands under; empty above the first one. */
  readonly section: string;
  readonly title?: string;
  /** What it does, in one paragraph. */
  readonly help: string;
  readonly kind: EnvKind;
  /** What ZedOps sets where nobody says otherwise. Undefined: the image decides. */
  readonly fallback: string | undefined;
  readonly required: boolean;
  /** Never shown, logged or exported. */
  readonly secret: boolean;
  /** For a choice the only values; for other kinds words that are taken besides. */
  readonly choices?: readonly string[];
  /** Bounds of a number, or of the length of a text, secret or list in characters. */
  readonly min?: number;
  readonly max?: number;
}

/** A template taken apart. */
export interface EnvTemplate {
  readonly settings: readonly EnvSetting[];
  readonly faults: readonly EnvFault[];
}

/**
 * Reads an annotated `.env.template`. It is an env file, so that a person can fill it in, whose comments say more:
 *
 *     # @section Network
 *
 *     # UDP port of the game.
 *     # @kind port @required
 *     SERVER_DEFAULT_PORT=16261
 *
 *     # Where the clock of the log is.
 *     # TZ=Europe/Berlin
 *
 * The comment right above a key is its help; a comment with a blank line below it is nobody's. Annotations are `@section`
 * (for all keys below), `@title`, `@kind`, `@required`, `@choices a,b`, `@min` and `@max`; several fit on a line. A key
 * in a comment of its own is known, and unset unless someone sets it; `KEY=` is as good as that.
 */
export function parseEnvTemplate(text: string): EnvTemplate {
  const file = parseEnvFile(text);
  const faults = [...file.faults];
  const settings = new Map<string, EnvSetting>();
  const entryOn = new Map(file.entries.map((entry) => [entry.line, entry]));
  let section = '';
  let above = nothingAbove();

  const add = (key: string, fallback: string | undefined, line: number): void => {
    const { setting, messages } = describe(key, fallback, section, above);
    if (settings.has(key)) messages.push(`${key} is described twice`);
    else settings.set(key, setting);
    for (const message of messages) faults.push({ line, column: 1, message });
    above = nothingAbove();
  };

  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (const [index, content] of [...lines, ''].entries()) {
    const line = index + 1;
    const complain = (message: string): void => {
      faults.push({ line, column: 1, message });
    };
    const entry = entryOn.get(line);
    const comment = /^\s*#(.*)$/.exec(content)?.[1];
    const unset = /^\s?([A-Z_][A-Z0-9_]*)=/.exec(comment ?? '')?.[1];
    if (entry) {
      if (entry.value.includes('\n')) complain(`${entry.key}: a default has one line`);
      add(entry.key, entry.value === '' ? undefined : entry.value, line);
    } else if (unset !== undefined) {
      add(unset, undefined, line);
    } else if (comment !== undefined && /^\s*@/.test(comment)) {
      for (const [name, value] of annotations(comment)) {
        if (name === 'section') section = value;
        else if (!isAnnotation(name)) complain(`there is no annotation @${name}`);
        else if (above.marks.has(name)) complain(`@${name} is given twice`);
        else above.marks.set(name, value);
      }
    } else if (comment !== undefined) {
      if (comment.trim() !== '') above.help.push(comment.trim());
    } else if (content.trim() === '') {
      for (const name of above.marks.keys()) complain(`@${name} stands above no key`);
      above = nothingAbove();
    }
  }
  return { settings: [...settings.values()], faults };
}

/** All but `section`, which is for more than one key. */
const annotationNames = ['title', 'kind', 'required', 'choices', 'min', 'max'] as const;
type AnnotationName = (typeof annotationNames)[number];

const kinds: readonly EnvKind[] = ['port', 'integer', 'number', 'boolean', 'choice', 'secret', 'text', 'list'];

interface Above {
  readonly help: string[];
  readonly marks: Map<AnnotationName, string>;
}

function nothingAbove(): Above {
  return { help: [], marks: new Map() };
}

function isAnnotation(name: string): name is AnnotationName {
  return annotationNames.some((known) => known === name);
}

/** Cuts ` @kind port @required` into names and values. */
function annotations(comment: string): readonly (readonly [name: string, value: string])[] {
  return comment
    .trim()
    .split(/\s+(?=@[a-z]+(?:\s|$))/)
    .map((mark) => {
      const [, name = '', value = ''] = /^@(\S*)\s*(.*)$/.exec(mark) ?? [];
      return [name, value.trim()];
    });
}

function describe(
  key: string,
  fallback: string | undefined,
  section: string,
  { help, marks }: Above,
): { readonly setting: EnvSetting; readonly messages: string[] } {
  const messages: string[] = [];
  const kind = kinds.find((known) => known === (marks.get('kind') ?? 'text'));
  if (kind === undefined) messages.push(`${key}: @kind is none of ${kinds.join(', ')}`);
  if ((marks.get('required') ?? '') !== '') messages.push(`${key}: @required takes no value`);
  const bound = (name: 'min' | 'max'): number | undefined => {
    const written = marks.get(name);
    if (written === undefined) return undefined;
    if (/^-?\d{1,10}(\.\d{1,6})?$/.test(written)) return Number(written);
    messages.push(`${key}: @${name} is not a number`);
    return undefined;
  };
  const min = bound('min');
  const max = bound('max');
  if (min !== undefined && max !== undefined && min > max) messages.push(`${key}: @min is above @max`);
  const title = marks.get('title');
  const choices = marks
    .get('choices')
    ?.split(',')
    .map((choice) => choice.trim());
  if (choices?.includes('')) messages.push(`${key}: @choices has an empty one`);
  if (kind === 'choice' && choices === undefined) messages.push(`${key}: a choice needs @choices`);
  const setting: EnvSetting = {
    ...{ key, section, help: help.join(' '), kind: kind ?? 'text', fallback },
    ...{ required: marks.has('required'), secret: kind === 'secret' },
    ...(title === undefined ? {} : { title }),
    ...(choices === undefined ? {} : { choices }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
  return { setting, messages };
}
