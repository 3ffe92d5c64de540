import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ZedopsError } from '../protocol/errors.ts';
import { didYouMean } from './did-you-mean.ts';
import { isMissing } from './files/atomic-file.ts';
import type { Paths } from './files/paths.ts';
import { parseSize } from './size.ts';
import { parseSpan } from './span.ts';

/** Where a setting's value came from, strongest first. */
export type SettingOrigin = 'flag' | 'env' | 'file' | 'default';

/** One setting there is. Every value is text until the room that uses it reads it. */
interface SettingDefinition {
  readonly env: string;
  readonly help: string;
  /** Absent: unset unless given. */
  readonly fallback?: (paths: Paths) => string;
  /** Says what is wrong with a value, or nothing. */
  readonly check?: (value: string) => string | undefined;
  /** Shown as `set`. */
  readonly secret?: true;
}

const oneOf =
  (...words: readonly string[]) =>
  (value: string): string | undefined =>
    words.includes(value) ? undefined : `is none of ${words.join(', ')}${didYouMean(value, words)}`;

const address = (value: string): string | undefined => {
  const port = /^(?:.*):(\d{1,5})$/.exec(value)?.[1];
  return port !== undefined && Number(port) <= 65_535 ? undefined : 'is not <address>:<port> or :<port>';
};

const absolute = (value: string): string | undefined => (value.startsWith('/') ? undefined : 'is not an absolute path');

const absoluteList = (value: string): string | undefined =>
  value.split(',').every((path) => path.trim().startsWith('/')) ? undefined : 'is not a list of absolute paths';

const retention = (value: string): string | undefined =>
  value === 'forever' || (parseSpan(value) ?? 0) >= 3_600_000
    ? undefined
    : 'is neither "forever" nor a length of time of at least an hour, such as 7d';

const definitions = {
  'manager.listen': {
    env: 'ZEDOPS_MANAGER_LISTEN',
    help: 'address and port the manager serves on; without an address, on all',
    fallback: () => ':8443',
    check: address,
  },
  'manager.names': {
    env: 'ZEDOPS_MANAGER_NAMES',
    help: 'further host names and addresses for the manager’s certificate, comma-separated',
    fallback: () => '',
  },
  'manager.url': {
    env: 'ZEDOPS_MANAGER_URL',
    help: 'address agents are told to join, such as wss://manager.example:8443',
    check: (value) => (/^wss:\/\/[^/]+$/.test(value) ? undefined : 'is not wss://<host>:<port>'),
  },
  'manager.deletedRetention': {
    env: 'ZEDOPS_MANAGER_DELETED_RETENTION',
    help: 'how long the world, name and ports of a deleted server are kept: 12h, 7d, 4w or forever',
    fallback: () => '7d',
    check: retention,
  },
  'manager.playerRetention': {
    env: 'ZEDOPS_MANAGER_PLAYER_RETENTION',
    help: 'how long it is kept who played where and when: 90d, 52w or forever',
    fallback: () => '365d',
    check: retention,
  },
  'agent.dataRoot': {
    env: 'ZEDOPS_AGENT_DATA_ROOT',
    help: 'folder below which each server has its own',
    fallback: (paths) => paths.servers,
    check: absolute,
  },
  'agent.dataRoots': {
    env: 'ZEDOPS_AGENT_DATA_ROOTS',
    help: 'further folders to which servers may be moved, comma-separated',
    fallback: () => '',
    check: absoluteList,
  },
  'agent.runtime': {
    env: 'ZEDOPS_AGENT_RUNTIME',
    help: 'docker, process, or auto: Docker where an engine answers',
    fallback: () => 'auto',
    check: oneOf('auto', 'docker', 'process'),
  },
  'agent.dockerSocket': {
    env: 'ZEDOPS_AGENT_DOCKER_SOCKET',
    help: 'socket of the Docker engine',
    fallback: () => '/var/run/docker.sock',
    check: absolute,
  },
  'agent.logArchiveSize': {
    env: 'ZEDOPS_AGENT_LOG_ARCHIVE_SIZE',
    help: 'how much compressed log is kept of each server: 64m, 2g, or 0 for none',
    fallback: () => '256m',
    check: (value) => (parseSize(value) === undefined ? 'is not a size such as 256m or 2g, nor 0' : undefined),
  },
  'agent.logArchiveAge': {
    env: 'ZEDOPS_AGENT_LOG_ARCHIVE_AGE',
    help: 'how long compressed log is kept: 12h, 30d, 8w or forever',
    fallback: () => '30d',
    check: retention,
  },
  'log.level': {
    env: 'ZEDOPS_LOG_LEVEL',
    help: 'how much manager and agent tell: trace, debug, info, warn, error or silent',
    fallback: () => 'info',
    check: oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
  },
  'tui.theme': {
    env: 'ZEDOPS_TUI_THEME',
    help: 'colours of the screens: default, contrast or mono',
    check: oneOf('default', 'contrast', 'mono'),
  },
  'tui.keys': {
    env: 'ZEDOPS_TUI_KEYS',
    help: 'own keys of the screens by action, such as "server.stop=x, quit=Q ctrl+c"; press ? for all of them',
  },
  'tui.mouse': {
    env: 'ZEDOPS_TUI_MOUSE',
    help: 'on: in the screens the wheel scrolls and clicks select, and the terminal’s own selection needs Shift',
    fallback: () => 'off',
    check: oneOf('on', 'off'),
  },
  'client.url': {
    env: 'ZEDOPS_URL',
    help: 'manager to talk to instead of the signed-in one',
    check: (value) => (/^https:\/\/[^/]+\/?$/.test(value) ? undefined : 'is not https://<host>:<port>'),
  },
  'client.token': { env: 'ZEDOPS_TOKEN', help: 'API token for scripts, used with client.url', secret: true },
  'client.profile': { env: 'ZEDOPS_PROFILE', help: 'signed-in manager to use, where there are several' },
} as const satisfies Record<string, SettingDefinition>;

/** The name of a setting, as in the file and in `--setting name=value`. */
export type SettingName = keyof typeof definitions;

/** One setting with its value and where that came from. */
export interface ResolvedSetting {
  readonly name: SettingName;
  readonly env: string;
  readonly help: string;
  readonly value: string | undefined;
  readonly origin: SettingOrigin;
  readonly secret: boolean;
}

/** All settings of this process. */
export interface Settings {
  /** The value of a setting that may be unset. */
  find(name: SettingName): string | undefined;
  /** The value of a setting that has a default. */
  get(name: SettingName): string;
  all(): readonly ResolvedSetting[];
  /** Where the file is looked for, whether or not it is there. */
  readonly file: string;
}

/** Environment names that begin with ZEDOPS_ and are no settings. */
const otherEnvNames = ['ZEDOPS_HOME', 'ZEDOPS_NO_COMPILE_CACHE'];

const names: readonly SettingName[] = Object.keys(definitions).filter(isSettingName);

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(definitions, name);
}

/** The file of settings below the config folder. */
export function settingsFile(paths: Paths): string {
  return join(paths.config, 'settings.json');
}

/**
 * Resolves every setting: flag > env > file > default.
 * @throws ZedopsError INVALID_INPUT for an unknown key or a bad value, naming the key, where it stands and what is near.
 */
export function resolveSettings(
  paths: Paths,
  env: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string>> = {},
): Settings {
  const file = settingsFile(paths);
  const fromFile = readSettingsFile(file);
  checkNames(Object.keys(flags), '--setting');
  checkNames(Object.keys(fromFile), file);
  checkEnv(env);
  const resolved = new Map<SettingName, ResolvedSetting>();
  for (const name of names) {
    const definition: SettingDefinition = definitions[name];
    const candidates: readonly (readonly [SettingOrigin, string | undefined, string])[] = [
      ['flag', flags[name], `--setting ${name}`],
      ['env', env[definition.env] || undefined, definition.env],
      ['file', fromFile[name], `${name} in ${file}`],
      ['default', definition.fallback?.(paths), name],
    ];
    const [origin, value, where] = candidates.find((candidate) => candidate[1] !== undefined) ?? [
      'default',
      undefined,
      name,
    ];
    const fault = value === undefined || value === '' ? undefined : definition.check?.(value);
    if (fault !== undefined) {
      throw new ZedopsError('INVALID_INPUT', `${where}: "${value}" ${fault}`, { hint: 'zedops settings --help' });
    }
    resolved.set(name, {
      name,
      env: definition.env,
      help: definition.help,
      value,
      origin,
      secret: definition.secret === true,
    });
  }
  return {
    file,
    find: (name) => resolved.get(name)?.value || undefined,
    get(name) {
      const value = resolved.get(name)?.value;
      if (value === undefined) throw new ZedopsError('INVALID_INPUT', `The setting ${name} has no value`);
      return value;
    },
    all: () => [...resolved.values()],
  };
}

function checkNames(given: readonly string[], where: string): void {
  const unknown = given.find((name) => !isSettingName(name));
  if (unknown === undefined) return;
  throw new ZedopsError('INVALID_INPUT', `${where}: there is no setting "${unknown}"${didYouMean(unknown, names)}`, {
    hint: 'zedops settings lists them all',
  });
}

function checkEnv(env: Readonly<Record<string, string | undefined>>): void {
  const known = [...names.map((name) => definitions[name].env), ...otherEnvNames];
  const unknown = Object.keys(env).find((name) => name.startsWith('ZEDOPS_') && !known.includes(name));
  if (unknown === undefined) return;
  throw new ZedopsError(
    'INVALID_INPUT',
    `${unknown} is set, but there is no such setting${didYouMean(unknown, known)}`,
    {
      hint: 'zedops settings lists them all',
    },
  );
}

function readSettingsFile(path: string): Readonly<Record<string, string>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return {};
    throw new ZedopsError('INVALID_INPUT', `The settings file ${path} cannot be read`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'not JSON';
    throw new ZedopsError('INVALID_INPUT', `The settings file ${path} is not JSON: ${why}`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ZedopsError('INVALID_INPUT', `The settings file ${path} is not a JSON object`);
  }
  const entries = Object.entries(value).map(([key, inner]: [string, unknown]) => {
    if (typeof inner === 'string' || typeof inner === 'number' || typeof inner === 'boolean')
      return [key, String(inner)];
    throw new ZedopsError('INVALID_INPUT', `${key} in ${path} is neither text, number nor true or false`);
  });
  return Object.fromEntries(entries);
}
