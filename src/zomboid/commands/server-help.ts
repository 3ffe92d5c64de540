import { commandsOf } from './catalogue.ts';
import type { Build, GameCommand } from './command.ts';

/** A command as the server's own help has it. */
export interface HelpEntry {
  readonly name: string;
  readonly description: string;
}

/** What a server's help and the catalogue say differently. */
export interface HelpDifference {
  /** In the catalogue, and not in the server's help. */
  readonly missing: readonly GameCommand[];
  /** In the server's help, and not in the catalogue: sent as they are typed. */
  readonly unknown: readonly string[];
}

/** So many commands are read of one help; a game has some seventy. */
const mostEntries = 500;

/**
 * Reads the answer to `help`: `List of server commands : `, then `* name : description` on a line each; further lines
 * of a description have no star. Undefined for any other text.
 */
export function parseHelp(answer: string): readonly HelpEntry[] | undefined {
  const [head = '', ...lines] = answer.replaceAll('\r\n', '\n').split('\n');
  if (!/^List of server commands ?:/.test(head)) return undefined;
  const entries: { name: string; description: string }[] = [];
  for (const line of lines) {
    const [, name, description = ''] = /^\* ?(\S+) ?:(.*)$/.exec(line) ?? [];
    const last = entries.at(-1);
    if (name !== undefined) {
      if (entries.length >= mostEntries) break;
      entries.push({ name, description: description.trim() });
    } else if (last && line.trim() !== '') {
      last.description = `${last.description} ${line.trim()}`.trim();
    }
  }
  return entries;
}

/** Compares the names in a server's help with the catalogue of its build. */
export function compareWithHelp(build: Build | undefined, names: readonly string[]): HelpDifference {
  const commands = commandsOf(build);
  const said = new Set(names.map((name) => name.toLowerCase()));
  const known = new Set(commands.flatMap((one) => one.names.map((name) => name.toLowerCase())));
  return {
    missing: commands.filter((one) => !one.isHidden && !one.names.some((name) => said.has(name.toLowerCase()))),
    unknown: names.filter((name) => !known.has(name.toLowerCase())),
  };
}
