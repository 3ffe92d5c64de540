/** One `KEY=value` of an env file. */
export interface EnvEntry {
  readonly key: string;
  readonly value: string;
  /** Where the key stands: line and column from 1, columns in UTF-16 units. */
  readonly line: number;
  readonly column: number;
}

/** What is wrong at one place of an env file. The message names keys, never values: those may be secret. */
export interface EnvFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** An env file taken apart. With faults, the entries are those that could be read all the same. */
export interface EnvFile {
  readonly entries: readonly EnvEntry[];
  readonly faults: readonly EnvFault[];
}

const mostCharacters = 1024 * 1024;
const mostEntries = 1000;
const mostFaults = 50;
const mostKeyCharacters = 128;
const mostValueCharacters = 65_536;

/** What a backslash stands for in double quotes, by the character after it. */
const escapes: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ '"': '"', '\\': '\\', $: '$' },
};

const dollarMessage =
  'a dollar sign begins a variable here for Docker Compose, and ZedOps fills in none; put the value in single quotes to keep it as it is';

/**
 * Reads an env file as Docker Compose does (https://docs.docker.com/reference/compose-file/env-file, and its parser in
 * compose-go): `KEY=value` or `KEY: value`, an optional `export`, comments, values without quotes (a `#` after whitespace
 * ends them), in single quotes (literal but for `\'`) or in double quotes (backslash escapes), either over several lines.
 *
 * Where Compose would guess, this reports a fault instead: a key given twice (Compose takes the last), a key without a
 * value (Compose inherits it), and a `$` that Compose would replace. So a file without faults means the same to both.
 */
export function parseEnvFile(text: string): EnvFile {
  if (text.length > mostCharacters) {
    return {
      entries: [],
      faults: [{ line: 1, column: 1, message: `the file is longer than ${mostCharacters} characters` }],
    };
  }
  const source = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const entries = new Map<string, EnvEntry>();
  const faults: EnvFault[] = [];
  let line = 1;
  for (let at = 0; at < source.length && faults.length < mostFaults; ) {
    const statement = readStatement(source, at);
    const place = (offset: number): { line: number; column: number } => placeOf(source, at, line, offset);
    for (const { offset, message } of statement.faults) faults.push({ ...place(offset), message });
    if (statement.key !== undefined) {
      const { key, value, keyAt } = statement;
      const earlier = entries.get(key);
      if (earlier) {
        faults.push({ ...place(keyAt), message: `${key} is given twice: it stands on line ${earlier.line} already` });
      } else if (entries.size === mostEntries) {
        faults.push({ ...place(keyAt), message: `the file has more than ${mostEntries} keys` });
        break;
      } else {
        entries.set(key, { key, value, ...place(keyAt) });
      }
    }
    line = place(statement.end).line;
    at = statement.end;
  }
  return { entries: [...entries.values()], faults };
}

/**
 * Writes an env file that {@link parseEnvFile} and Docker Compose read back as the same entries.
 * @throws RangeError for a key that is no name of a variable, and for a value with a NUL; both name the key.
 */
export function formatEnvFile(entries: Iterable<Pick<EnvEntry, 'key' | 'value'>>): string {
  let text = '';
  for (const { key, value } of entries) {
    if (!isKey(key)) throw new RangeError(`"${key}" is no name of an environment variable`);
    if (value.includes('\0')) throw new RangeError(`The value of ${key} has a NUL character`);
    text += `${key}=${quoted(value)}\n`;
  }
  return text;
}

function quoted(value: string): string {
  if (/^[A-Za-z0-9_.,:;/@%+=-]*$/.test(value)) return value;
  if (!/['\\\r\n]/.test(value)) return `'${value}'`;
  const escaped = value
    .replace(/[\\"$]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `"${escaped}"`;
}

interface Complaint {
  readonly offset: number;
  readonly message: string;
}

/** What stands from one offset to the start of the next line that is not part of it. */
type Statement = { readonly end: number; readonly faults: readonly Complaint[] } & (
  | { readonly key: string; readonly value: string; readonly keyAt: number }
  | { readonly key?: never }
);

/** Reads the statement that begins with the line at `start`. */
function readStatement(source: string, start: number): Statement {
  const lineEnd = endOfLine(source, start);
  const line = source.slice(start, lineEnd);
  const end = lineEnd + 1;
  if (/^\s*(?:#|$)/.test(line)) return { end, faults: [] };
  const prefix = /^\s*(?:export\s+)?/.exec(line)?.[0].length ?? 0;
  const keyAt = start + prefix;
  const refuse = (message: string): Statement => ({ end, faults: [{ offset: keyAt, message }] });

  // A line that goes wrong may be the rest of a secret, so that none of it is repeated.
  const delimiter = line.slice(prefix).search(/[=:]/);
  if (delimiter === -1) return refuse('this line has no "="; write KEY=value, or KEY= for an empty value');
  const key = line.slice(prefix, prefix + delimiter).trim();
  if (key === '') return refuse('there is no key before the "="');
  if (!isKey(key))
    return refuse('what stands before the "=" is no name of an environment variable: letters, digits and _');

  const afterDelimiter = prefix + delimiter + 1;
  const valueAt = start + afterDelimiter + (/^\s*/.exec(line.slice(afterDelimiter))?.[0].length ?? 0);
  const quote = source[valueAt];
  const read =
    valueAt < lineEnd && (quote === '"' || quote === "'")
      ? readQuoted(source, valueAt, quote)
      : readBare(source, valueAt, lineEnd);
  if (read === undefined) {
    // Nothing says where such a value was meant to end, so that nothing after it can be read.
    const message = `the quote that opens the value of ${key} is never closed`;
    return { end: source.length, faults: [{ offset: valueAt, message }] };
  }
  const faults = [...read.faults];
  if (read.value.includes('\0')) faults.push({ offset: valueAt, message: 'the value has a NUL character' });
  if (read.value.length > mostValueCharacters) {
    faults.push({ offset: valueAt, message: `the value is longer than ${mostValueCharacters} characters` });
  }
  return {
    ...{ key, value: read.value, keyAt },
    end: endOfLine(source, read.end) + 1,
    faults: faults.map(({ offset, message }) => ({ offset, message: `${key}: ${message}` })),
  };
}

interface ReadValue {
  readonly value: string;
  /** Where the value's last line goes on. */
  readonly end: number;
  readonly faults: readonly Complaint[];
}

function readBare(source: string, start: number, lineEnd: number): ReadValue {
  const comment = /(?<=[ \t])#/g;
  // From the character before the value on: a comment may follow the delimiter.
  comment.lastIndex = start;
  const found = comment.exec(source.slice(0, lineEnd))?.index ?? lineEnd;
  const value = source.slice(start, found).trim();
  const faults: Complaint[] = [];
  const dollar = value.search(variable);
  if (dollar !== -1) faults.push({ offset: start + dollar, message: dollarMessage });
  if (value.includes('\r'))
    faults.push({ offset: start, message: 'the value has a carriage return without a line feed' });
  return { value, end: lineEnd, faults };
}

/** A dollar sign that Compose does not leave as it is. */
const variable = /\$[A-Za-z_{$]/;

/** Reads a value from its opening quote on. Undefined where no quote closes it. */
function readQuoted(source: string, start: number, quote: '"' | "'"): ReadValue | undefined {
  const faults: Complaint[] = [];
  let value = '';
  for (let at = start + 1; at < source.length; at += 1) {
    const character = source.charAt(at);
    if (character === quote) {
      const rest = source.slice(at + 1, endOfLine(source, at + 1));
      if (!/^\s*(?:#|$)/.test(rest)) {
        faults.push({
          offset: at + 1,
          message: `there is text after the closing quote; a quote within is written \\${quote}`,
        });
      }
      return { value, end: at + 1, faults };
    }
    if (character === '\\' && at + 1 < source.length) {
      at += 1;
      const escaped = source.charAt(at);
      const plain = quote === '"' ? escapes[escaped] : escaped === quote ? quote : undefined;
      value += plain ?? `\\${escaped}`;
      continue;
    }
    if (quote === '"' && character === '$' && variable.test(source.slice(at, at + 2))) {
      faults.push({ offset: at, message: dollarMessage });
    }
    value += character;
  }
  return undefined;
}

function isKey(word: string): boolean {
  return word.length <= mostKeyCharacters && /^[A-Za-z_][A-Za-z0-9_]*$/.test(word);
}

function endOfLine(source: string, from: number): number {
  const found = source.indexOf('\n', from);
  return found === -1 ? source.length : found;
}

/** Line and column of an offset at or after the start of a line whose number is known. */
function placeOf(source: string, lineStart: number, line: number, offset: number): { line: number; column: number } {
  let place = { line, start: lineStart };
  for (let end = source.indexOf('\n', lineStart); end !== -1 && end < offset; end = source.indexOf('\n', end + 1)) {
    place = { line: place.line + 1, start: end + 1 };
  }
  return { line: place.line, column: offset - place.start + 1 };
}
