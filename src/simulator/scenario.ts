import { resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { didYouMean } from '../platform/did-you-mean.ts';
import type { Build } from './dialect.ts';
import {
  type CrashKind,
  crashKinds,
  flagOf,
  type RconQuirk,
  rconQuirks,
  type Setting,
  type SignalEffect,
  scenarioHelp,
  settings,
  signalEffects,
} from './scenario-settings.ts';
import { optionTakes, type ServerOption, serverOptions } from './server-options.ts';

/** Everything one run of the simulator was told. */
export interface Scenario {
  readonly build: Build;
  readonly dataFolder: string;
  readonly serverName: string;
  readonly adminPassword: string | undefined;
  /** Options of the ini that the environment sets. */
  readonly options: Readonly<Record<string, string>>;
  readonly startupSeconds: number;
  readonly saveSeconds: number;
  readonly players: number;
  /** Lines each second of ordinary output once players can come in. Infinity: as many as the reader takes. */
  readonly logRate: number;
  readonly crash: { readonly kind: CrashKind; readonly afterSeconds: number } | undefined;
  readonly onSignal: SignalEffect;
  readonly hangOnStop: boolean;
  readonly rconQuirks: ReadonlySet<RconQuirk>;
  readonly saveFiles: number;
  readonly saveMegabytes: number;
}

/** What came of reading the environment and the command line. */
export type ScenarioRead = { readonly scenario: Scenario } | { readonly fault: string } | { readonly help: string };

type Flags = { readonly values: ReadonlyMap<string, string> } | { readonly fault: string } | { readonly help: string };

/**
 * Reads what the environment and the flags ask for; a flag wins. Each setting that is no secret has a flag: `SIM_BUILD`
 * is `--build`, `RCON_PORT` is `--rcon-port`. An empty value counts as none.
 */
export function readScenario(env: Readonly<Record<string, string | undefined>>, argv: readonly string[]): ScenarioRead {
  const known = settings.map((setting) => setting.env);
  const unknown = Object.keys(env).find((name) => name.startsWith('SIM_') && !known.includes(name));
  if (unknown !== undefined) return { fault: `There is no setting ${unknown}${didYouMean(unknown, known)}` };
  const flags = readFlags(argv);
  if ('fault' in flags || 'help' in flags) return flags;
  const given = (name: string): string | undefined => flags.values.get(name) || env[name] || undefined;
  const value = (name: string): string =>
    given(name) ?? settings.find((setting) => setting.env === name)?.fallback ?? '';

  const faults: string[] = [];
  const number = (name: string, most: number, kind: 'whole' | 'any'): number => {
    const text = value(name);
    const wanted = Number(text);
    if ((kind === 'whole' ? /^\d{1,9}$/ : /^\d{1,9}(\.\d{1,6})?$/).test(text) && wanted <= most) return wanted;
    faults.push(`${name} is "${text}", not a ${kind === 'whole' ? 'whole ' : ''}number from 0 to ${most}`);
    return 0;
  };
  const oneOf = <Word extends string>(name: string, text: string, words: readonly Word[], fallback: Word): Word => {
    const found = words.find((word) => word === text);
    if (found === undefined) faults.push(`${name}: "${text}" is none of ${words.join(', ')}${didYouMean(text, words)}`);
    return found ?? fallback;
  };

  const serverName = value('SERVER_NAME');
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(serverName)) {
    faults.push(`SERVER_NAME is "${serverName}", not 1 to 64 letters, digits, _ and -`);
  }
  const adminPassword = given('ADMIN_PASSWORD');
  if (/[\r\n]/.test(adminPassword ?? '')) faults.push('ADMIN_PASSWORD has a line break in it');
  const build = oneOf('SIM_BUILD', value('SIM_BUILD'), ['41', '42'], '42') === '41' ? 41 : 42;
  const quirks = value('SIM_RCON_QUIRKS')
    .split(',')
    .map((quirk) => quirk.trim());
  const crashKind = oneOf('SIM_CRASH_KIND', value('SIM_CRASH_KIND'), keysOf(crashKinds), 'exit');
  const scenario: Scenario = {
    build,
    dataFolder: resolve(value('SIM_DATA')),
    serverName,
    adminPassword,
    options: readOptions(build, given, faults),
    startupSeconds: number('SIM_STARTUP_SECONDS', 3_600, 'any'),
    saveSeconds: number('SIM_SAVE_SECONDS', 3_600, 'any'),
    players: number('SIM_PLAYERS', 1_000, 'whole'),
    logRate: value('SIM_LOG_RATE') === 'max' ? Number.POSITIVE_INFINITY : number('SIM_LOG_RATE', 1_000_000, 'any'),
    crash:
      given('SIM_CRASH_AFTER') === undefined
        ? undefined
        : { kind: crashKind, afterSeconds: number('SIM_CRASH_AFTER', 86_400, 'any') },
    onSignal: oneOf('SIM_SIGTERM', value('SIM_SIGTERM'), keysOf(signalEffects), 'ends'),
    hangOnStop: oneOf('SIM_HANG_ON_STOP', value('SIM_HANG_ON_STOP'), ['true', 'false'], 'false') === 'true',
    rconQuirks: new Set(
      quirks
        .filter((quirk) => quirk !== '')
        .map((quirk) => oneOf('SIM_RCON_QUIRKS', quirk, keysOf(rconQuirks), 'slow')),
    ),
    saveFiles: number('SIM_SAVE_FILES', 1_000_000, 'whole'),
    saveMegabytes: number('SIM_SAVE_MB', 100_000, 'any'),
  };
  return faults.length === 0 ? { scenario } : { fault: faults.join('; ') };
}

function readOptions(
  build: Build,
  given: (name: string) => string | undefined,
  faults: string[],
): Readonly<Record<string, string>> {
  const known = serverOptions(build);
  const values: Record<string, string> = {};
  for (const { env, option: key, secret } of settings) {
    const value = given(env);
    const option = known.find((each) => each.key === key);
    if (option === undefined || value === undefined) continue;
    if (optionTakes(option, value)) values[option.key] = value;
    else faults.push(`${env} ${secret ? 'has a value that is' : `is "${value}",`} not ${wanted(option)}`);
  }
  return values;
}

function wanted({ kind, range }: ServerOption): string {
  switch (kind) {
    case 'boolean':
      return 'true or false';
    case 'text':
      return 'a single line';
    default:
      return `a number${range === undefined ? '' : ` from ${range[0]} to ${range[1]}`}`;
  }
}

function readFlags(argv: readonly string[]): Flags {
  const flagged = settings.filter((setting) => !setting.secret);
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean' } };
  for (const setting of flagged) options[flagOf(setting)] = { type: setting.switch ? 'boolean' : 'string' };
  try {
    const { values } = parseArgs({ args: [...argv], options, strict: true });
    if (values.help === true) return { help: scenarioHelp() };
    const given = (setting: Setting): readonly (readonly [string, string])[] => {
      const value = values[flagOf(setting)];
      return value === undefined ? [] : [[setting.env, String(value)]];
    };
    return { values: new Map(flagged.flatMap(given)) };
  } catch (error) {
    // parseArgs words its complaints for people.
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function keysOf<Word extends string>(record: Readonly<Record<Word, string>>): readonly Word[] {
  const keys: Word[] = [];
  for (const key in record) keys.push(key);
  return keys;
}
