/** Ways in which the remote console can misbehave on demand, and what each does. */
export const rconQuirks = {
  slow: 'answers come 1.5 s late',
  split: 'answers are cut into packets of 64 bytes, and each packet arrives in two pieces',
  oversized: 'an answer is one packet, however long, as builds up to 42.15 send it',
  empty: 'every answer is empty; what was asked for is done all the same',
  drop: 'every third command is done, and the connection closed instead of an answer',
  'wrong-order': 'the reply to the password comes before the empty packet that should precede it',
  unicode: 'the first player has a name outside ASCII, which RCON of build 41 cannot answer with',
  loopback: 'it listens at 127.0.0.1 alone, as the game does with -Drconlo',
} as const;
export type RconQuirk = keyof typeof rconQuirks;

/** How a crash looks. Each prints what the game prints, and has the exit code of {@link crashExitCodes}. */
export const crashKinds = {
  exit: 'nothing is said',
  oom: 'Java’s heap is full',
  killed: 'the kernel ends the game for want of memory, and its shell exits as if all were well',
  native: 'a fault in native code',
  mod: 'a mod that the world needs is gone',
  port: 'a game port is taken',
  config: 'the sandbox settings cannot be loaded',
  corrupt: 'the user database cannot be opened',
  disk: 'the disk is full',
} as const;
export type CrashKind = keyof typeof crashKinds;

/** What SIGTERM, SIGINT and SIGHUP do. */
export const signalEffects = {
  ends: 'the game ends at once and loses what it had not saved, as build 41 does',
  saves: 'the game saves first, as build 42 does when the signal reaches it',
  ignored: 'nothing happens, as when a shell that forwards no signal is process 1',
} as const;
export type SignalEffect = keyof typeof signalEffects;

/** One thing a run can be told, by the environment and, unless it is a secret, by a flag. */
export interface Setting {
  readonly env: string;
  readonly help: string;
  readonly fallback?: string;
  /** Option of the ini that it sets. */
  readonly option?: string;
  /** Given by the environment alone: a command line is in the process list. */
  readonly secret?: true;
  /** Its flag takes no value. */
  readonly switch?: true;
}

const words = (of: Readonly<Record<string, string>>): string => Object.keys(of).join(', ');

/** All settings. The names of those that set the ini are those of the `steam-zomboid` image. */
export const settings: readonly Setting[] = [
  { env: 'SERVER_NAME', help: 'name of the world’s files', fallback: 'servertest' },
  { env: 'ADMIN_PASSWORD', help: 'password of the account "admin"; none: a first start waits for one', secret: true },
  { env: 'SERVER_PASSWORD', help: 'password to join', option: 'Password', secret: true },
  { env: 'SERVER_PUBLIC_NAME', help: 'name shown to players', option: 'PublicName' },
  { env: 'SERVER_PUBLIC_DESCRIPTION', help: 'text shown to players', option: 'PublicDescription' },
  { env: 'SERVER_WELCOME_MESSAGE', help: 'text shown to who joins', option: 'ServerWelcomeMessage' },
  { env: 'SERVER_MAX_PLAYERS', help: 'most players at once', option: 'MaxPlayers' },
  { env: 'SERVER_PUBLIC', help: 'true: listed in the game’s browser', option: 'Public' },
  { env: 'SERVER_OPEN', help: 'false: whitelisted players alone', option: 'Open' },
  { env: 'SERVER_PVP', help: 'true: players can hurt each other', option: 'PVP' },
  { env: 'SERVER_PAUSE_EMPTY', help: 'true: time stands still with nobody online', option: 'PauseEmpty' },
  { env: 'SERVER_GLOBAL_CHAT', help: 'true: there is a chat for all', option: 'GlobalChat' },
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
  { env: 'SIM_PLAYERS', help: 'players online; they chat, die, and some leave as others come', fallback: '0' },
  { env: 'SIM_LOG_RATE', help: 'lines of output each second, or "max"', fallback: '0' },
  { env: 'SIM_SAVE_SECONDS', help: 'how long a save takes', fallback: '0.2' },
  { env: 'SIM_SAVE_FILES', help: 'map files of the world', fallback: '200' },
  { env: 'SIM_SAVE_MB', help: 'megabytes of them all together', fallback: '4' },
  { env: 'SIM_CRASH_AFTER', help: 'seconds from the start to a crash; absent: none' },
  { env: 'SIM_CRASH_KIND', help: `how it crashes: ${words(crashKinds)}`, fallback: 'exit' },
  { env: 'SIM_SIGTERM', help: `what a signal does: ${words(signalEffects)}`, fallback: 'ends' },
  { env: 'SIM_HANG_ON_STOP', help: 'never ends, whatever asks it to', fallback: 'false', switch: true },
  { env: 'SIM_RCON_QUIRKS', help: `faults of the remote console: ${words(rconQuirks)}`, fallback: '' },
];

/** The flag of a setting: `SIM_BUILD` is `build`, `RCON_PORT` is `rcon-port`. */
export function flagOf({ env }: Setting): string {
  return env.replace(/^SIM_/, '').toLowerCase().replaceAll('_', '-');
}

/** What `zedops simulate --help` prints. */
export function scenarioHelp(): string {
  const rows = settings
    .filter((setting) => !setting.secret)
    .map((setting) => {
      const flag = `--${flagOf(setting)}${setting.switch ? '' : ' <value>'}`;
      const fallback = setting.fallback && !setting.switch ? ` (default ${setting.fallback})` : '';
      return `  ${flag.padEnd(34)} ${setting.env.padEnd(26)} ${setting.help}${fallback}`;
    });
  const secrets = settings.filter((setting) => setting.secret).map(({ env, help }) => `  ${env.padEnd(26)} ${help}`);
  const legend = (of: Readonly<Record<string, string>>): string[] =>
    Object.entries(of).map(([word, help]) => `  ${word.padEnd(26)} ${help}`);
  return [
    'A stand-in for a Project Zomboid dedicated server, for demos and tests. It is not the game.',
    '',
    'Flag, environment variable of the same meaning:',
    ...rows,
    '',
    'By the environment alone:',
    ...secrets,
    '',
    'SIM_CRASH_KIND:',
    ...legend(crashKinds),
    '',
    'SIM_SIGTERM:',
    ...legend(signalEffects),
    '',
    'SIM_RCON_QUIRKS, separated by commas:',
    ...legend(rconQuirks),
    '',
  ].join('\n');
}
