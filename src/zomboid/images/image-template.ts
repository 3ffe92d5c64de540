import type { EnvSetting } from '../env/env-template.ts';
import { type Nearest, valueFault } from '../env/env-value.ts';
import type { ImageDefinition } from './image.ts';
import { imageTag } from './image-tag.ts';
import { heapMegabytes, memoryExamples } from './memory-size.ts';

/** An image with the settings of its env: all that is needed to make a server of it. */
export interface ImageTemplate {
  readonly image: ImageDefinition;
  readonly settings: readonly EnvSetting[];
}

/** Env of a server, by key. */
export type Env = Readonly<Record<string, string>>;

/** What does not fit about one key of an env. The message names the key and never the value. */
export interface EnvKeyFault {
  readonly key: string;
  readonly message: string;
}

/** Limits of a server; absent ones are as much as its host has. */
export interface Limits {
  readonly memoryMb?: number | undefined;
  readonly cpus?: number | undefined;
}

/**
 * Checks the env a person wrote for a server, before anything is filled in: unknown keys, missing and empty ones that the
 * image needs, values that do not fit their kind, ports given twice. An empty list says that all is well.
 */
export function checkEnv(template: ImageTemplate, env: Env, nearest: Nearest): readonly EnvKeyFault[] {
  const byKey = settingsByKey(template);
  const faults: EnvKeyFault[] = [];
  for (const [key, value] of Object.entries(env)) {
    const setting = byKey.get(key);
    const fault =
      setting === undefined ? unknownKey(template, key, nearest) : settingFault(template, setting, value, nearest);
    if (fault !== undefined) faults.push({ key, message: `${key} ${fault}` });
  }
  for (const { key, required, fallback } of template.settings) {
    if (required && fallback === undefined && env[key] === undefined) {
      faults.push({ key, message: `${key} is missing, and the image needs it` });
    }
  }
  return [...faults, ...portsTwice(template, env)];
}

/** What {@link completeEnv} cannot know by itself. */
export interface Completion {
  readonly serverName: string;
  /** Makes a password. */
  readonly makeSecret: () => string;
}

/**
 * The env the container gets: what the person wrote, the template's defaults for the rest, the world named after the
 * server unless it has a name, ports said in so many words, and a password for RCON where it is on and has none. Empty
 * values of numbers, ports, choices and booleans count as not given; empty texts stay empty.
 */
export function completeEnv(
  template: ImageTemplate,
  env: Env,
  { serverName, makeSecret }: Completion,
): Record<string, string> {
  const { image, settings } = template;
  const complete: Record<string, string> = { ...env };
  for (const { key, kind, fallback, required } of settings) {
    const emptyText = !required && (kind === 'text' || kind === 'secret' || kind === 'list');
    if (complete[key] === '' && !emptyText) delete complete[key];
    if (complete[key] === undefined && fallback !== undefined) complete[key] = fallback;
  }
  const { env: worldKey, name } = image.world;
  if (worldKey !== undefined) complete[worldKey] ||= name ?? serverName;
  for (const { env: key, port } of image.ports) if (key !== undefined) complete[key] ||= String(port);
  const { rcon } = image;
  if (rcon?.env !== undefined) complete[rcon.env] ||= String(rcon.port);
  if (rcon && rconPort(rcon, complete) !== undefined) complete[rcon.password] ||= makeSecret();
  return complete;
}

/** What of an env means what to the game; fits GameFacts of the protocol. */
export interface TemplateFacts {
  readonly worldName: string;
  readonly ports: { readonly name: 'game' | 'direct'; readonly port: number; readonly protocol: 'udp' | 'tcp' }[];
  readonly rcon?: { readonly port: number; readonly passwordKey: string };
  readonly volumes: { readonly folder: 'bin' | 'data' | 'workshop'; readonly path: string }[];
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly stopSeconds: number;
  readonly silentMinutes?: number;
}

/**
 * Works out what an env means to the game. {@link checkEnv} found no fault with it and {@link completeEnv} completed it.
 * @throws RangeError for a port or id that checkEnv would have refused.
 */
export function gameFacts({ image }: ImageTemplate, env: Env, serverName: string): TemplateFacts {
  const { world, owner, stopSeconds, silentMinutes } = image;
  const rcon = image.rcon && rconPort(image.rcon, env);
  const uid = numberOf(env, owner?.uidEnv, owner?.uid);
  const gid = numberOf(env, owner?.gidEnv, owner?.gid);
  return {
    worldName: givenValue(env, world.env) ?? world.name ?? serverName,
    ports: image.ports.map(({ name, env: key, port, protocol }) => ({
      ...{ name, protocol },
      port: numberOf(env, key, port) ?? port,
    })),
    ...(image.rcon && rcon !== undefined ? { rcon: { port: rcon, passwordKey: image.rcon.password } } : {}),
    volumes: volumeFolders.flatMap((folder) => {
      const path = image.volumes[folder];
      return path === undefined ? [] : [{ folder, path }];
    }),
    ...(uid === undefined || gid === undefined ? {} : { owner: { uid, gid } }),
    stopSeconds,
    ...(silentMinutes === undefined ? {} : { silentMinutes }),
  };
}

const volumeFolders = ['bin', 'data', 'workshop'] as const;

/** Java's heap by an env or else the template, and what a container needs on top of it, in MiB. Undefined where nobody says. */
export function heapOf(
  { image, settings }: ImageTemplate,
  env: Env,
): { readonly megabytes: number; readonly headroomMb: number } | undefined {
  const { memory } = image;
  if (memory === undefined) return undefined;
  const heap = givenValue(env, memory.env) ?? settings.find(({ key }) => key === memory.env)?.fallback;
  const megabytes = heap === undefined ? undefined : heapMegabytes(heap, memory.unit);
  return megabytes === undefined ? undefined : { megabytes, headroomMb: memory.headroomMb };
}

/** The limits of a server: those asked for, and where no memory is, Java's heap and what goes on top of it. */
export function limitsFor(template: ImageTemplate, env: Env, limits: Limits): Limits {
  const heap = limits.memoryMb === undefined ? heapOf(template, env) : undefined;
  return heap === undefined ? limits : { ...limits, memoryMb: heap.megabytes + heap.headroomMb };
}

/** The build of the game that an env or else a tag asks for. Undefined where neither tells. */
export function gameBuild({ image, settings }: ImageTemplate, env: Env, tag = image.tag): 41 | 42 | undefined {
  const { build } = image;
  const key = build?.env;
  const value = givenValue(env, key) ?? settings.find((setting) => setting.key === key)?.fallback;
  return (value === undefined ? undefined : own(build?.values, value)) ?? own(build?.tags, tag);
}

/** What an engine pulls for an image, with its own tag or another. */
export function imageReference(
  image: ImageDefinition,
  tag: string = image.tag,
): { readonly reference: string } | { readonly fault: string } {
  if (imageTag.test(tag)) return { reference: `${image.registry}:${tag}` };
  return { fault: `"${tag}" is no tag of an image: up to 128 letters, digits, dots, dashes and _` };
}

/** Keys whose values are never shown: those the template says, and those of the env whose names give them away. */
export function secretKeys({ settings }: ImageTemplate, env: Env): string[] {
  const said = settings.filter(({ secret }) => secret).map(({ key }) => key);
  return [...new Set([...said, ...Object.keys(env).filter(looksSecret)])];
}

/** Says whether a key's name sounds like that of a secret. */
export function looksSecret(key: string): boolean {
  return /PASSWORD|PASSWD|PASSPHRASE|TOKEN|SECRET|WEBHOOK|API_?KEY|PRIVATE_?KEY/i.test(key);
}

/** How to run an image without a container. Undefined where it cannot be. `{zedops}` and `{data}` are for the agent to fill. */
export function processCommand(
  image: ImageDefinition,
): { readonly command: readonly string[]; readonly env: Readonly<Record<string, string>> } | undefined {
  return image.runtimes.includes('process') ? image.process : undefined;
}

/** The settings of an image by their keys. */
export function settingsByKey({ settings }: ImageTemplate): ReadonlyMap<string, EnvSetting> {
  return new Map(settings.map((setting) => [setting.key, setting]));
}

/** The value of a record's own key; words such as `constructor` are none. */
function own<Value>(record: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

/** {@link valueFault}, and what the image's definition says of a key on top. Undefined for a value that fits. */
export function settingFault(
  { image }: ImageTemplate,
  setting: EnvSetting,
  value: string,
  nearest: Nearest,
): string | undefined {
  const fault = valueFault(setting, value, nearest);
  if (fault !== undefined || value === '') return fault;
  // The game's -servername; it becomes part of file names, and several images hand it through a shell.
  if (setting.key === image.world.env && !/^[A-Za-z0-9_-]{1,64}$/.test(value)) {
    return 'is not 1 to 64 letters, digits, _ and -; it names the world’s files';
  }
  const { memory, owner } = image;
  if (setting.key === memory?.env && heapMegabytes(value, memory.unit) === undefined) {
    return `is not ${memoryExamples[memory.unit]}`;
  }
  const isId = setting.key === owner?.uidEnv || setting.key === owner?.gidEnv;
  return isId && !(/^\d{1,5}$/.test(value) && Number(value) <= 65_534) ? 'is not a number from 0 to 65534' : undefined;
}

function unknownKey({ image, settings }: ImageTemplate, key: string, nearest: Nearest): string {
  const known = settings.map((setting) => setting.key);
  const sameLetters = known.find((candidate) => candidate.toLowerCase() === key.toLowerCase());
  if (sameLetters !== undefined) return `must be written ${sameLetters}: letter case counts`;
  const near = nearest(key, known);
  return `is no setting of the image ${image.id}${near === undefined ? '' : `; did you mean "${near}"?`}`;
}

/** Ports that a server would give away twice. RCON's is one of them: inside the container all share one address. */
function portsTwice({ image, settings }: ImageTemplate, env: Env): readonly EnvKeyFault[] {
  const all = [
    ...image.ports.map(({ env: key, port, protocol }) => ({ key, port, protocol })),
    ...(image.rcon ? [{ key: image.rcon.env, port: image.rcon.port, protocol: 'tcp' as const }] : []),
  ];
  const taken = new Map<string, string>();
  return all.flatMap(({ key, port, protocol }) => {
    const fallback = settings.find((setting) => setting.key === key)?.fallback;
    const value = givenValue(env, key) ?? fallback ?? String(port);
    const name = key ?? `the fixed port ${port}`;
    const other = taken.get(`${value}/${protocol}`);
    taken.set(`${value}/${protocol}`, name);
    const at = key !== undefined && env[key] !== undefined ? key : other;
    return other === undefined || at === undefined
      ? []
      : [{ key: at, message: `${name} and ${other} are the same port` }];
  });
}

function rconPort({ env: key, port }: NonNullable<ImageDefinition['rcon']>, env: Env): number | undefined {
  const listens = numberOf(env, key, port);
  return listens === 0 ? undefined : listens;
}

/** The value of a key that is named and not empty. */
function givenValue(env: Env, key: string | undefined): string | undefined {
  return key === undefined ? undefined : env[key] || undefined;
}

function numberOf(env: Env, key: string | undefined, fallback: number | undefined): number | undefined {
  const value = givenValue(env, key);
  if (value === undefined) return fallback;
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535) throw new RangeError(`${key} is not a number up to 65535`);
  return Number(value);
}
