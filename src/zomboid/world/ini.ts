/** One line of a server's ini. Only lines of the form `Key=value` have a key. */
interface IniLine {
  readonly text: string;
  /** What ended the line; empty for the last one. */
  readonly ending: string;
  readonly key?: string;
  readonly value?: string;
}

/** A server's ini as it stands in its file: order, comments, unknown keys and line endings included. */
export interface IniDocument {
  readonly lines: readonly IniLine[];
}

/** How a file's bytes spell its text: builds 42 write UTF-8, older ones what their machine's locale says. */
export type IniEncoding = 'utf-8' | 'latin1';

/** Reads the text of `<name>.ini`. Any text can be read, and {@link formatIni} gives it back unchanged. */
export function parseIni(text: string): IniDocument {
  const parts = text.split(/(\r\n|\n|\r)/);
  const lines: IniLine[] = [];
  for (let at = 0; at < parts.length; at += 2) {
    const line = parts[at] ?? '';
    const ending = parts[at + 1] ?? '';
    const [, key, value] = /^\s*([A-Za-z_]\w*)=(.*)$/s.exec(line) ?? [];
    lines.push(key === undefined || value === undefined ? { text: line, ending } : { text: line, ending, key, value });
  }
  return { lines };
}

/** The text of a document. */
export function formatIni({ lines }: IniDocument): string {
  return lines.map(({ text, ending }) => text + ending).join('');
}

/** The value of a key; where it stands twice the last one counts, as in the game. Undefined where it is missing. */
export function iniValue({ lines }: IniDocument, key: string): string | undefined {
  return lines.findLast((line) => line.key === key)?.value;
}

/** All keys with their values, in the order of the file. */
export function iniValues({ lines }: IniDocument): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { key, value } of lines) if (key !== undefined && value !== undefined) values.set(key, value);
  return values;
}

/** Says why a key cannot have a value, or nothing. A value with a line break would write further keys. */
export function iniFault(key: string, value: string): string | undefined {
  if (!/^[A-Za-z_]\w*$/.test(key)) return `"${key}" is no name of a server option`;
  if (/[\r\n]/.test(value)) return `${key} cannot have a line break in its value; the game wants \\n or <LINE>`;
  return undefined;
}

/**
 * A document with some values changed in place, and new keys at its end. Nothing else moves.
 * @returns `{ fault }` when {@link iniFault} has something to say of any of them.
 */
export function withIniValues(
  document: IniDocument,
  values: Readonly<Record<string, string>>,
): { readonly document: IniDocument } | { readonly fault: string } {
  const missing = new Map(Object.entries(values));
  for (const [key, value] of missing) {
    const fault = iniFault(key, value);
    if (fault !== undefined) return { fault };
  }
  const lines = document.lines.map((line) => {
    if (line.key === undefined || !Object.hasOwn(values, line.key)) return line;
    missing.delete(line.key);
    const value = values[line.key] ?? '';
    return value === line.value ? line : { ...line, text: `${line.key}=${value}`, value };
  });
  const ending = lines.find((line) => line.ending !== '')?.ending ?? '\n';
  for (const [key, value] of missing) {
    const last = lines.at(-1);
    if (last?.text === '') lines.pop();
    else if (last) lines[lines.length - 1] = { ...last, ending };
    lines.push({ text: `${key}=${value}`, ending: '', key, value });
  }
  return { document: { lines } };
}

/** Decodes the bytes of an ini and says how they spelled it, so that it can be written back the same way. */
export function decodeIni(bytes: Buffer): { readonly text: string; readonly encoding: IniEncoding } {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), encoding: 'utf-8' };
  } catch {
    return { text: bytes.toString('latin1'), encoding: 'latin1' };
  }
}

/** The reverse of {@link decodeIni}. A text that Latin-1 cannot spell is written as UTF-8. */
export function encodeIni(text: string, encoding: IniEncoding): Buffer {
  const fits = encoding === 'utf-8' || !/[^\u0000-\u00ff]/.test(text);
  return Buffer.from(text, fits ? encoding : 'utf-8');
}
