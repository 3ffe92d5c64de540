import { quoteArgument } from '../rcon/rcon-quoting.ts';
import { findCommand, syntaxOf } from './catalogue.ts';
import type { Argument, Build } from './command.ts';

/** The longest line that ZedOps sends, in bytes of UTF-8: the game reads a command without looking at its size. */
export const mostLineBytes = 1024;

/** Values of a command's arguments by their names; a `flag` is true or false. */
export type CommandValues = Readonly<Record<string, string | number | boolean | undefined>>;

/** A line for the game, or why there is none. */
export type CommandLine = { readonly line: string } | { readonly fault: string; readonly hint?: string };

/**
 * Writes a command with its arguments, each quoted where it has to be, so that no value can become a second argument.
 * What the game cannot be told exactly, such as a name with a quote in it, is refused: it would mean someone else.
 */
export function commandLine(build: Build | undefined, name: string, values: CommandValues): CommandLine {
  const command = findCommand(build, quoteArgument(name));
  if (!command) return { fault: `Build ${build ?? '41 or 42'} has no command ${name}` };
  const hint = syntaxOf(command);
  const known = command.args.map((one) => one.name);
  const foreign = Object.keys(values).find((key) => !known.includes(key));
  if (foreign !== undefined) return { fault: `${command.names[0]} has no argument ${foreign}`, hint };
  const flags = command.args.flatMap(({ flag, choices = [] }) => [flag ?? '', ...choices].filter(isFlag));
  const words: string[] = [command.names[0]];
  let gap: string | undefined;
  for (const argument of command.args) {
    const value = values[argument.name];
    if (value === undefined || value === false) {
      if (!argument.isOptional) return { fault: `${command.names[0]} needs ${argument.name}`, hint };
      // Without a flag the game knows an argument by its place alone.
      if (argument.flag === undefined) gap = argument.name;
      continue;
    }
    if (gap !== undefined && argument.flag === undefined) {
      return { fault: `${command.names[0]}: ${argument.name} needs ${gap} before it`, hint };
    }
    const text = String(value);
    const fault =
      faultOf(argument, value) ?? (isMarkElsewhere(argument, text, flags) ? 'it is one of the flags' : undefined);
    if (fault !== undefined) return { fault: `${command.names[0]}: ${argument.name}: ${fault}`, hint };
    if (argument.flag !== undefined) words.push(argument.flag);
    if (argument.kind !== 'flag') words.push(isPlain(argument) ? text : quoteArgument(text));
  }
  const line = words.join(' ');
  if (new TextEncoder().encode(line).length > mostLineBytes) {
    return { fault: `${command.names[0]}: the line is longer than ${mostLineBytes} bytes`, hint };
  }
  return { line };
}

const isFlag = (text: string): boolean => text.startsWith('-');

/** The game takes quotes away before it looks for flags, so a reason that reads `-ip` would be one. */
function isMarkElsewhere({ kind }: Argument, text: string, flags: readonly string[]): boolean {
  return kind !== 'choice' && kind !== 'flag' && flags.includes(text.trim());
}

function isPlain({ kind }: Argument): boolean {
  return kind === 'number' || kind === 'choice' || kind === 'coordinates' || kind === 'steam-id' || kind === 'address';
}

function faultOf(argument: Argument, value: string | number | boolean): string | undefined {
  const { kind, choices = [], least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = argument;
  if (kind === 'flag') return value === true ? undefined : 'it is either said or not';
  if (typeof value === 'boolean') return 'it needs a value';
  const text = String(value);
  switch (kind) {
    case 'number': {
      if (!/^-?\d{1,9}(\.\d{1,6})?$/.test(text)) return `"${text}" is no number`;
      const isWithin = Number(text) >= least && Number(text) <= most;
      return isWithin ? undefined : `${text} is not ${boundsOf(least, most)}`;
    }
    case 'choice':
      return choices.includes(text) ? undefined : `"${text}" is none of ${choices.join(', ')}`;
    case 'coordinates':
      return isPlace(text) ? undefined : `"${text}" is no place, such as 10600,9500,0`;
    case 'steam-id':
      return /^7656119\d{10}$/.test(text) ? undefined : `"${text}" is no Steam id: 17 digits that begin with 7656119`;
    case 'address':
      return /^[0-9A-Fa-f.:]{2,45}$/.test(text) ? undefined : `"${text}" is no address`;
    case 'text':
      return text.trim() === '' ? 'it is empty' : undefined;
    case 'value':
      return cannotBeSaid(text);
    case 'word':
    case 'item':
    case 'option':
    case 'command':
    case 'access-level':
      return /\s/.test(text) ? 'it has a space in it' : named(text);
    case 'player':
    case 'player-or-place':
    case 'secret':
      return named(text);
  }
}

const isPlace = (text: string): boolean => /^-?\d{1,6}(\.\d{1,3})?,-?\d{1,6}(\.\d{1,3})?,-?\d{1,2}$/.test(text);

const boundsOf = (least: number, most: number): string =>
  Number.isFinite(most) ? `from ${least} to ${most}` : `at least ${least}`;

function named(text: string): string | undefined {
  return text === '' ? 'it is empty' : cannotBeSaid(text);
}

/** Names and secrets have to arrive as they are. The value itself is not repeated: it may be a secret. */
function cannotBeSaid(text: string): string | undefined {
  if (text.includes('"')) return 'it has a quote in it, which the game cannot be told';
  return /[\u0000-\u001f\u007f]/.test(text) ? 'it has a control character in it' : undefined;
}
