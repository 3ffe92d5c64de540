import { splitCommand } from '../../zomboid/rcon/rcon-quoting.ts';
import type { Accounts } from '../accounts.ts';
import type { Build, Dialect } from '../dialect.ts';
import type { GameConsole } from '../game-console.ts';
import type { LogFolder } from '../log-folder.ts';
import type { Roster } from '../roster.ts';
import type { ServerOptions } from '../server-files.ts';

/** What commands work on. */
export interface CommandGame {
  readonly dialect: Dialect;
  readonly options: ServerOptions;
  readonly accounts: Accounts;
  readonly roster: Roster;
  readonly logs: LogFolder;
  readonly console: GameConsole;
  /** Asks for a save, which begins once the command has answered. */
  save(): void;
  /** Asks for the end, which comes once the command has answered. */
  quit(): void;
}

/** One command of the game. Its answers are the game's; its help is not. */
export interface Command {
  readonly names: readonly [name: string, ...aliases: string[]];
  /** The build that alone has it; absent: both have. */
  readonly build?: Build;
  readonly help: string;
  /** Does it. @returns the answer; undefined when its words do not fit, which the game answers with the help. */
  readonly run: (words: readonly string[], game: CommandGame) => string | undefined;
}

/** Whose rights a command of the remote console or of stdin has, and whose name the logs give. */
export const operator = 'admin';

/** The commands that a build has. */
export function commandsOf(all: readonly Command[], build: Build): readonly Command[] {
  return all.filter((command) => command.build === undefined || command.build === build);
}

/** Does what a line says, as the game: any case, no slash, quotes around words with spaces. @returns the answer. */
export function runCommand(commands: readonly Command[], line: string, game: CommandGame): string {
  const [name = '', ...words] = splitCommand(line);
  const command = findCommand(commands, name);
  return command === undefined ? `Unknown command ${name}` : (command.run(words, game) ?? command.help);
}

/** Finds a command by one of its names, in any case. */
export function findCommand(commands: readonly Command[], name: string): Command | undefined {
  const wanted = name.toLowerCase();
  return commands.find(({ names }) => names.some((each) => each.toLowerCase() === wanted));
}

const secretOptions = ['password', 'rconpassword', 'discordtoken', 'webhookaddress'];

/** Says whether an option's value must not be shown. */
export function isSecretOption(key: string): boolean {
  return secretOptions.includes(key.toLowerCase());
}

/** A command as it may be printed: without its words where they hold a secret. Here the game is less careful. */
export function shownCommand(line: string): string {
  const [name = '', key = ''] = splitCommand(line);
  const isSecret =
    ['adduser', 'setpassword'].includes(name.toLowerCase()) ||
    (name.toLowerCase() === 'changeoption' && isSecretOption(key));
  return isSecret ? `${name} ***` : line.replace(/[\r\n]+/g, ' ');
}
