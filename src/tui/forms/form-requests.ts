import type * as z from 'zod';
import { readCpuLimit, readMemoryLimit } from '../../protocol/limit-text.ts';
import type { serverCreate } from '../../protocol/operations/server.ts';
import type { serverEdit } from '../../protocol/operations/server-edit.ts';
import { formatEnvFile } from '../../zomboid/env/env-file.ts';
import { isSecret } from './field.ts';
import { type Form, fieldValue } from './form.ts';

/** What a form without faults asks for. */
export function createRequest(form: Form): z.input<typeof serverCreate.request> {
  const host = fieldValue(form, 'host');
  return {
    name: fieldValue(form, 'name') ?? '',
    ...(host === undefined ? {} : { host }),
    image: imageWord(form),
    env: givenEnv(form),
    limits: limitsOf(form),
    start: fieldValue(form, 'start') !== 'false',
    ...(fieldValue(form, 'useExistingData') === 'true' ? { useExistingData: true } : {}),
  };
}

/** What of a server a form changes. */
export function editRequest(form: Form, server: string): z.input<typeof serverEdit.request> {
  const { given, dropped } = form;
  const changesLimit = (id: string): boolean => given.has(id) || dropped.has(id);
  const { memoryMb = null, cpus = null } = limitsOf(form);
  const ownTag = form.fields.find(({ id }) => id === 'tag')?.fallback;
  const tag = given.get('tag') ?? (dropped.has('tag') ? ownTag : undefined);
  return {
    server,
    set: givenEnv(form),
    unset: [...dropped].filter((id) => id.startsWith('env:')).map((id) => id.slice('env:'.length)),
    ...(changesLimit('memory') ? { memoryMb } : {}),
    ...(changesLimit('cpus') ? { cpus } : {}),
    ...(given.has('image') ? { image: imageWord(form) } : tag ? { tag } : {}),
  };
}

/** The name a form gives a server that has another one. */
export function newName({ given }: Form): string | undefined {
  return given.get('name');
}

function givenEnv({ given }: Form): Record<string, string> {
  return Object.fromEntries(
    [...given].filter(([id]) => id.startsWith('env:')).map(([id, value]) => [id.slice('env:'.length), value]),
  );
}

function imageWord(form: Form): string {
  const image = fieldValue(form, 'image') ?? '';
  // The tag of a server belongs to the image it has.
  const tag = form.given.has('image') ? form.given.get('tag') : fieldValue(form, 'tag');
  return tag ? `${image}:${tag}` : image;
}

function limitsOf(form: Form): { memoryMb?: number; cpus?: number } {
  const memory = readMemoryLimit(fieldValue(form, 'memory') ?? '');
  const cpus = readCpuLimit(fieldValue(form, 'cpus') ?? '');
  return {
    ...('value' in memory ? { memoryMb: memory.value } : {}),
    ...('value' in cpus ? { cpus: cpus.value } : {}),
  };
}

/** The env file of what is known in a form. `left` are secrets the server has and nobody typed. */
export function envFileOf(form: Form): { readonly text: string; readonly left: readonly string[] } {
  const entries: { readonly key: string; readonly value: string }[] = [];
  const left: string[] = [];
  for (const field of form.fields) {
    const value = fieldValue(form, field.id);
    const key = field.setting?.key;
    if (key === undefined || value === undefined) continue;
    if (isSecret(field) && !form.given.has(field.id)) left.push(key);
    else entries.push({ key, value });
  }
  return { text: formatEnvFile(entries), left };
}

/** The command line that creates the same server from an env file; secrets have no place on it. */
export function createCommand(form: Form, file: string): string {
  const { name, host, image, limits, start, useExistingData } = createRequest(form);
  return line('zedops server create', [
    name || '<name>',
    ...(host === undefined ? [] : ['--host', host]),
    ...['--image', image ?? '', '--env-file', file],
    ...(limits?.memoryMb === undefined ? [] : ['--memory', fieldValue(form, 'memory') ?? '']),
    ...(limits?.cpus === undefined ? [] : ['--cpus', String(limits.cpus)]),
    ...(start === false ? ['--no-start'] : []),
    ...(useExistingData ? ['--use-existing-data'] : []),
  ]);
}

/** The command lines that change a server in the same way. */
export function editCommands(form: Form, name: string): readonly string[] {
  const { set = {}, unset = [], memoryMb, cpus, image, tag } = editRequest(form, name);
  const secrets = new Set(form.fields.filter(isSecret).map(({ setting }) => setting?.key));
  const keys = Object.keys(set);
  const words = [
    ...(keys.some((key) => secrets.has(key)) ? ['--env-file', 'secrets.env'] : []),
    ...keys.filter((key) => !secrets.has(key)).flatMap((key) => ['--set', `${key}=${set[key]}`]),
    ...unset.flatMap((key) => ['--unset', key]),
    ...(memoryMb === undefined ? [] : ['--memory', memoryMb === null ? 'auto' : (fieldValue(form, 'memory') ?? '')]),
    ...(cpus === undefined ? [] : ['--cpus', cpus === null ? 'none' : String(cpus)]),
    ...(image === undefined ? [] : ['--image', image]),
    ...(tag === undefined ? [] : ['--tag', tag]),
  ];
  const renamed = newName(form);
  return [
    ...(words.length === 0 && renamed !== undefined ? [] : [line('zedops server edit', [name, ...words])]),
    ...(renamed === undefined ? [] : [line('zedops server rename', [name, renamed])]),
  ];
}

function line(command: string, words: readonly string[]): string {
  return [
    command,
    ...words.map((word) => (/^[\w./:@%+=,<>-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)),
  ].join(' ');
}
