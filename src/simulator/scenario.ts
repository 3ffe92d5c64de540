import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { didYouMean } from '../platform/did-you-mean.ts';
import type { Build } from './dialect.ts';

/** Ways in which the remote console can misbehave on demand. */
export const rconQuirks = ['split', 'slow', 'silent-empty', 'oversize', 'drop', 'unicode'] as const;
export type RconQuirk = (typeof rconQuirks)[number];

/** How a crash looks: a plain exit, memory that ran out, or settings that cannot be loaded. */
export const crashKinds = ['exit', 'oom', 'error'] as const;
export type CrashKind = (typeof crashKinds)[number];

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
  readonly hangOnStop: boolean;
  readonly rconQuirks: ReadonlySet<RconQuirk>;
  readonly saveFiles: number;
  readonly saveMegabytes: number;
}

/** What came of reading the environment and the command line. */
export type ScenarioRead = { readonly scenario: Scenario } | { readonly fault: string } | { readonly help: string };

interface Setting {
  readonly env: string;
  readonly help: string;
  readonly fallback?: string;
  /** Option of the ini that it sets. */
  readonly option?: string;
  /** Given by the environment alone: a command line is in the process list. */
  readonly secret?: true;
  readonly switch?: true;
}

const settings: readonly Setting[] = [
  { env: 'SERVER_NAME', help: 'name of the world’s files', fallback: 'servertest' },
  { env: 'ADMIN_PASSWORD', help: 'password of the account "admin"', secret: true },
  { env: 'SERVER_PASSWORD', help: 'password to join', option: 'Password', secret: true },
  { env: 'SERVER_PUBLIC_NAME', help: 'name shown to players', option: 'PublicName' },
  { env: 'SERVER_MAX_PLAYERS', help: 'most players at once', option: 'MaxPlayers' },
  { env: 'SERVER_DEFAULT_PORT', help: 'UDP port of the game', option: 'DefaultPort' },
  { env: 'SERVER_UDP_PORT', help: 'UDP port of direct connections', option: 'UDPPort' },
  { env: 'RCON_PORT', help: 'TCP port of the remote console; 0 turns it off', option: 'RCONPort' },
  { env: 'RCON_PASSWORD', help: 'its password; none turns it off', option: 'RCONPassword', secret: true },
  { env: 'SERVER_MAP', help: 'map folders, separated by semicolons', option: 'Map' },
  { env: 'SERVER_MODS', help: 'mod ids, separated by semicolons', option: 'Mods' },
  { env: 'SERVER_WORKSHOP_ITEMS', help: 'workshop ids, separated by semicolons', option: 'WorkshopItems' },
  { env: 'SIM_BUILD', help: 'generation of the game whose formats are used: 41 or 42', fallback: '42' },
  { env: 'SIM_DATA', help: 'folder of the server’s files', fallback: '/data' },
  { env: 'SIM_STARTUP_SECONDS', help: 'how long a start takes', fallback: '2' },
  { env: 'SIM_PLAYERS', help: 'players online; they chat, and some leave as others come', fallback: '0' },
  { env: 'SIM_LOG_RATE', help: 'lines of output each second, or "max"', fallback: '0' },
  { env: 'SIM_CRASH_AFTER', help: 'seconds from the start to a crash; absent: none' },
  { env: 'SIM_CRASH_KIND', help: `how it crashes: ${crashKinds.join(', ')}`, fallback: 'exit' },
  { env: 'SIM_SAVE_SECONDS', help: 'how long a save takes', fallback: '0.2' },
  { env: 'SIM_HANG_ON_STOP', help: 'never ends, whatever asks it to', fallback: 'false', switch: true },
  { env: 'SIM_RCON_QUIRKS', help: `faults of the remote console: ${rconQuirks.join(', ')}`, fallback: '' },
  { env: 'SIM_SAVE_FILES', help: 'map files of the world', fallback: '200' },
  { env: 'SIM_SAVE_MB', help: 'megabytes of them all together', fallback: '4' },
];

/**
 * Reads what the environment and the flags ask for; a flag wins. Each setting that is no secret has a flag: `SIM_BUILD`
 * is `--build`, `RCON_PORT` is `--rcon-port`. An empty value counts as none.
 */
export function readScenario(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): ScenarioRead {
  const known = settings.map((setting) => setting.env);
  const unknown = Object.keys(env).find((name) => name.startsWith('SIM_') && !known.includes(name));
  if (unknown !== undefined) return { fault: `There is no setting ${unknown}${didYouMean(unknown, known)}` };
  const flags = readFlags(argv);
  if ('fault' in flags || 'help' in flags) return flags;
  const given = (name: string): string | undefined => flags.values.get(name) || env[name] || undefined;
  const value = (name: string): string =>
    given(name) ?? settings.find((setting) => setting.env === name)?.fallback ?? '';
  const faults: string[] = [];
  const number = (name: string, most: number, whole = true): number => {
    const wanted = Number(value(name));
    if (wanted >= 0 && wanted <= most && (!whole || Number.isInteger(wanted))) return wanted;
    faults.push(`${name} is "${value(name)}", not a ${whole ? 'whole ' : ''}number from 0 to ${most}`);
    return 0;
  };
  const word = <Word extends string>(name: string, given: string, words: readonly Word[]): Word[] => {
    const found = words.find((each) => each === given);
    if (found === undefined) faults.push(`${name}: "${given}" is none of ${words.join(', ')}`);
    return found === undefined ? [] : [found];
  };
  const serverName = value('SERVER_NAME');
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(serverName)) faults.push(`SERVER_NAME "${serverName}" has more than letters, digits, _ and -`);
  const [build = '42'] = word('SIM_BUILD', value('SIM_BUILD'), ['41', '42']);
  const [hang = 'false'] = word('SIM_HANG_ON_STOP', value('SIM_HANG_ON_STOP'), ['true', 'false']);
  const [kind = 'exit'] = word('SIM_CRASH_KIND', value('SIM_CRASH_KIND'), crashKinds);
  const quirks = value('SIM_RCON_QUIRKS').split(',').map((quirk) => quirk.trim()).filter((quirk) => quirk !== '');
  const scenario: Scenario = {
    build: build === '41' ? 41 : 42,
    dataFolder: resolve(value('SIM_DATA')),
    serverName,
    adminPassword: given('ADMIN_PASSWORD'),
    options: Object.fromEntries(
      settings.flatMap(({ env: name, option }) => {
        const wanted = given(name);
        return option === undefined || wanted === undefined ? [] : [[option, wanted]];
      }),
    ),
    startupSeconds: number('SIM_STARTUP_SECONDS', 3_600, false),
    saveSeconds: number('SIM_SAVE_SECONDS', 3_600, false),
    players: number('SIM_PLAYERS', 1_000),
    logRate: value('SIM_LOG_RATE') === 'max' ? Number.POSITIVE_INFINITY : number('SIM_LOG_RATE', 1_000_000, false),
    crash:
      given('SIM_CRASH_AFTER') === undefined
        ? undefined
        : { kind, afterSeconds: number('SIM_CRASH_AFTER', 86_400, false) },
    hangOnStop: hang === 'true',
    rconQuirks: new Set(quirks.flatMap((quirk) => word('SIM_RCON_QUIRKS', quirk, rconQuirks))),
    saveFiles: number('SIM_SAVE_FILES', 1_000_000),
    saveMegabytes: number('SIM_SAVE_MB', 100_000, false),
  };
  return faults[0] === undefined ? { scenario } : { fault: faults.join('; ') };
}

function flagOf({ env }: Setting): string {
  return env.replace(/^SIM_/, '').toLowerCase().replaceAll('_', '-');
}

function readFlags(
  argv: readonly string[],
): { readonly values: ReadonlyMap<string, string> } | { readonly fault: string } | { readonly help: string } {
  const flagged = settings.filter((setting) => !setting.secret);
  const options = Object.fromEntries([
    ...flagged.map((setting) => [flagOf(setting), { type: setting.switch ? ('boolean' as const) : ('string' as const) }]),
    ['help', { type: 'boolean' as const }],
  ]);
  try {
    const { values } = parseArgs({ args: [...argv], options, strict: true });
    if (values.help === true) return { help: helpText(flagged) };
    return {
      values: new Map(
        flagged.flatMap((setting) => {
          const wanted = values[flagOf(setting)];
          return wanted === undefined ? [] : [[setting.env, String(wanted)] as const];
        }),
      ),
    };
  } catch (error) {
    // parseArgs words its complaints for people.
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function helpText(flagged: readonly Setting[]): string {
  const rows = flagged.map((setting) => {
    const flag = `--${flagOf(setting)}${setting.switch ? '' : ' <value>'}`;
    const fallback = setting.fallback && !setting.switch ? ` (default ${setting.fallback})` : '';
    return `  ${flag.padEnd(30)} ${setting.env.padEnd(23)} ${setting.help}${fallback}`;
  });
  const secrets = settings.filter((setting) => setting.secret).map(({ env, help }) => `  ${env.padEnd(23)} ${help}`);
  return [
    'A stand-in for a Project Zomboid dedicated server, for demos and tests. It is not the game.',
    '',
    'Flag, environment variable of the same meaning:',
    ...rows,
    '',
    'By the environment alone:',
    ...secrets,
    '',
  ].join('\n');
}
