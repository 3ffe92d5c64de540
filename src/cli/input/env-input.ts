import { nearest } from '../../platform/did-you-mean.ts';
import { readTextFile } from '../../platform/files/text-file.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { type EnvEntry, parseEnvFile } from '../../zomboid/env/env-file.ts';
import { checkEnv, type ImageTemplate } from '../../zomboid/images/image-template.ts';
import { parseImageTemplate } from '../../zomboid/images/read-image-template.ts';
import type { Io } from '../io.ts';
import { readAll } from './prompt.ts';

const largestFile = 1024 * 1024;
const mostFaults = 50;

/** Where a server's env comes from. */
export interface EnvSources {
  /** A path, or `-` for stdin. */
  readonly file: string | undefined;
  /** `KEY=value` pairs; they beat the file. */
  readonly pairs: readonly string[];
  /** True where the env changes one that is there, so that nothing is missing from it. */
  readonly isChange?: boolean;
}

/** An env that fits its template. */
export interface ReadEnv {
  readonly env: Readonly<Record<string, string>>;
  /** Secrets that were given on the command line, where other users of the machine can see them. */
  readonly exposed: readonly string[];
}

/** Reads the two texts of a template, as the manager sends them. @throws ZedopsError CONFLICT where they are faulty. */
export function readTemplate(id: string, imageText: string, templateText: string): ImageTemplate {
  const parsed = parseImageTemplate(id, imageText, templateText);
  if ('template' in parsed) return parsed.template;
  throw new ZedopsError('CONFLICT', [`The image template ${id} is faulty`, ...parsed.faults].join('\n'), {
    hint: 'mend it on the manager',
  });
}

/**
 * Reads an env from a file and from the command line and checks it against the template: every fault at once, each with
 * its place, before anything is sent.
 * @throws ZedopsError INVALID_INPUT with a line `<file>:<line>:<column>: <fault>` for each. Values are never part of it.
 */
export async function readEnv(
  { file, pairs, isChange = false }: EnvSources,
  template: ImageTemplate,
  io: Pick<Io, 'stdin'>,
): Promise<ReadEnv> {
  const label = file === '-' ? 'stdin' : file;
  const { entries, faults } = file === undefined ? { entries: [], faults: [] } : parseEnvFile(await readText(file, io));
  // Without a prototype, so that a key such as `__proto__` is a key like any other.
  const env: Record<string, string> = Object.create(null);
  const places = new Map<string, EnvEntry>();
  for (const entry of entries) {
    env[entry.key] = entry.value;
    places.set(entry.key, entry);
  }
  const written = readPairs(pairs, '--env');
  for (const [key, value] of written) env[key] = value;
  const given = new Set(written.map(([key]) => key));
  const lines: Fault[] = faults.map(({ line, column, message }) => ({
    line,
    column,
    text: `${label}:${line}:${column}: ${message}`,
  }));
  for (const { key, message } of checkEnv(template, env, nearest)) {
    if (isChange && env[key] === undefined) continue;
    const place = given.has(key) ? undefined : places.get(key);
    if (place) lines.push({ ...place, text: `${label}:${place.line}:${place.column}: ${message}` });
    else
      lines.push({
        line: Number.POSITIVE_INFINITY,
        column: 0,
        text: `${given.has(key) ? '--env' : (label ?? 'env')}: ${message}`,
      });
  }
  if (lines.length > 0) throw faulty(lines, template.image.id);
  return { env, exposed: secretsAmong(given, template) };
}

/** Reads settings that change, as `KEY=value`; whether they fit is for the manager to say, which has the others. */
export function readChanges(pairs: readonly string[], flag: string, template: ImageTemplate): ReadEnv {
  const env = Object.fromEntries(readPairs(pairs, flag));
  return { env, exposed: secretsAmong(new Set(Object.keys(env)), template) };
}

function readPairs(pairs: readonly string[], flag: string): readonly (readonly [string, string])[] {
  return pairs.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1) throw new ZedopsError('INVALID_INPUT', `${flag}: write it as KEY=value`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
}

function secretsAmong(keys: ReadonlySet<string>, { settings }: ImageTemplate): readonly string[] {
  return settings.filter(({ key, secret }) => secret && keys.has(key)).map(({ key }) => key);
}

interface Fault {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

function faulty(faults: readonly Fault[], image: string): ZedopsError {
  const sorted = faults.toSorted((a, b) => (a.line === b.line ? a.column - b.column : a.line - b.line));
  const shown = sorted.slice(0, mostFaults).map(({ text }) => text);
  const more = sorted.length > mostFaults ? [`and ${sorted.length - mostFaults} more`] : [];
  const head = `the settings do not fit the image ${image}`;
  return new ZedopsError('INVALID_INPUT', [head, ...shown, ...more].join('\n'), {
    hint: `zedops server template ${image} shows every setting`,
  });
}

/** Reads a file of settings, or stdin for `-`. @throws ZedopsError INVALID_INPUT where it is not there or too large. */
export async function readText(file: string, { stdin }: Pick<Io, 'stdin'>): Promise<string> {
  return file === '-' ? readAll(stdin, largestFile) : readTextFile(file, largestFile);
}
