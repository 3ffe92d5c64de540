import { parsePlayers } from '../players/players.ts';
import type { GameCommand } from './command.ts';
import { parseHelp } from './server-help.ts';

/** What an answer says, as data: for `players`, `showoptions`, `help`, `list animals` and `changeoption`. */
export type AnswerValues =
  | { readonly players: { readonly count: number; readonly names: readonly string[] } }
  | { readonly options: Readonly<Record<string, string>> }
  | { readonly commands: readonly { readonly name: string; readonly description: string }[] }
  | {
      readonly animals: readonly {
        readonly id: string;
        readonly type: string;
        readonly breed: string;
        readonly where: string;
      }[];
    }
  | { readonly option: string; readonly value: string };

/** Reads an answer whose shape is known; undefined for others. */
export function answerValues({ names: [name] }: GameCommand, answer: string): AnswerValues | undefined {
  switch (name) {
    case 'players': {
      const players = parsePlayers(answer);
      return players && { players };
    }
    case 'help': {
      const commands = parseHelp(answer);
      return commands && { commands };
    }
    case 'showoptions':
      return { options: parseOptions(answer) };
    case 'list':
      return { animals: parseAnimals(answer) };
    case 'changeoption': {
      const [, option, value] = /^Option : (\S+) is now : ?(.*)$/s.exec(answer) ?? [];
      return option === undefined || value === undefined ? undefined : { option, value };
    }
    default:
      return undefined;
  }
}

/** `* Key=Value` on a line each; a value may have line breaks in it, and further `=`. */
function parseOptions(answer: string): Readonly<Record<string, string>> {
  const options = new Map<string, string>();
  let last: string | undefined;
  for (const line of answer.replaceAll('\r\n', '\n').split('\n').slice(1)) {
    const [, key, value] = /^\* ([A-Za-z]\w*)=(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) {
      options.set(key, value);
      last = key;
    } else if (last !== undefined && line !== '') {
      options.set(last, `${options.get(last)}\n${line}`);
    }
  }
  return Object.fromEntries(options);
}

/** `* id type breed world|hutch` on a line each. */
function parseAnimals(answer: string) {
  return answer.split('\n').flatMap((line) => {
    const [, id, type, breed, where] = /^\* (\S+) (\S+) (\S+) (\S+)\s*$/.exec(line) ?? [];
    return id && type && breed && where ? [{ id, type, breed, where }] : [];
  });
}
