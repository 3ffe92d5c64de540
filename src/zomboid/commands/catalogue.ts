import { splitCommand } from '../rcon/rcon-quoting.ts';
import { accountCommands } from './account-commands.ts';
import type { Argument, Build, CommandPermission, GameCommand } from './command.ts';
import { playerCommands } from './player-commands.ts';
import { serverCommands } from './server-commands.ts';
import { worldCommands } from './world-commands.ts';

const all: readonly GameCommand[] = [...serverCommands, ...accountCommands, ...playerCommands, ...worldCommands];

/**
 * The commands that a build has, by name. Where the build is not known, those of either; of one that the two have
 * differently, the newer. Sources: the help and answers of servers 41.78 and 42.x.
 */
export function commandsOf(build: Build | undefined): readonly GameCommand[] {
  const fitting = all.filter((one) => one.build === undefined || build === undefined || one.build === build);
  const byName = new Map<string, GameCommand>();
  for (const one of fitting) {
    const name = one.names[0];
    if (byName.get(name)?.build !== '42') byName.set(name, one);
  }
  return [...byName.values()].sort((a, b) => (a.names[0].toLowerCase() < b.names[0].toLowerCase() ? -1 : 1));
}

/** The command that a line begins with, in any case and by any of its names; undefined for one that is not known. */
export function findCommand(build: Build | undefined, line: string): GameCommand | undefined {
  const wanted = splitCommand(line)[0]?.toLowerCase();
  if (wanted === undefined) return undefined;
  return commandsOf(build).find(({ names }) => names.some((name) => name.toLowerCase() === wanted));
}

/** What a line does and who may send it. A command that is not known may do anything. */
export function commandRights(
  build: Build | undefined,
  line: string,
): { readonly permission: CommandPermission; readonly effect: GameCommand['effect'] } {
  return findCommand(build, line) ?? { permission: 'server:console', effect: 'write' };
}

/** How a command is written: `kickuser <player> [-r <reason>]`. */
export function syntaxOf({ names, args }: GameCommand): string {
  return [names[0], ...args.map(argumentSyntax)].join(' ');
}

function argumentSyntax({ name, kind, flag, isOptional, choices }: Argument): string {
  const value = kind === 'choice' && choices ? choices.join('|') : `<${name}>`;
  const text = kind === 'flag' ? (flag ?? name) : flag === undefined ? value : `${flag} ${value}`;
  return isOptional ? `[${text}]` : text;
}
