import { CommanderError, Option, Command as Parser } from 'commander';
import type * as z from 'zod';
import { didYouMean } from '../../platform/did-you-mean.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Command } from './command.ts';
import { argumentsOf, type Flag, globalFlags, optionsOf } from './flags.ts';

/** A command line taken apart: the values of the command's own input, and those of the options of every command. */
export interface Parsed {
  readonly values: Readonly<Record<string, unknown>>;
  readonly globals: Readonly<Record<string, unknown>>;
}

/** Reads what follows a command's words. @throws ZedopsError INVALID_INPUT, naming the flag and what is near it. */
export function parseArguments(command: Command, tokens: readonly string[]): Parsed {
  const options = optionsOf(command);
  const positional = argumentsOf(command);
  const parser = new Parser(command.words)
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .helpOption(false)
    .showSuggestionAfterError(false)
    .allowExcessArguments(false)
    .action(() => undefined);
  for (const flag of [...globalFlags, ...options]) parser.addOption(optionOf(flag));
  for (const { placeholder, isRequired, kind } of positional) {
    const name = kind === 'list' ? `${placeholder}...` : placeholder;
    parser.argument(isRequired ? `<${name}>` : `[${name}]`);
  }
  const { plainTokens, yesTo } = takeYesTo(tokens);
  try {
    parser.parse(plainTokens, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) throw explain(command, error, [...globalFlags, ...options]);
    throw error;
  }
  const given: Record<string, unknown> = parser.opts();
  const processed: readonly unknown[] = parser.processedArgs;
  const values: Record<string, unknown> = {};
  for (const flag of options) put(command, values, flag, given[flag.key]);
  for (const [index, flag] of positional.entries()) put(command, values, flag, processed[index]);
  return { values, globals: yesTo === undefined ? given : { ...given, yesTo } };
}

/** `--yes=12` is a yes with a value, while `--yes` takes none: what follows it is an argument. */
function takeYesTo(tokens: readonly string[]): { readonly plainTokens: string[]; readonly yesTo: string | undefined } {
  const end = tokens.indexOf('--');
  let yesTo: string | undefined;
  const plainTokens = tokens.map((token, index) => {
    if (!token.startsWith('--yes=') || (end !== -1 && index > end)) return token;
    yesTo = token.slice('--yes='.length);
    return '--yes';
  });
  return { plainTokens, yesTo };
}

/**
 * Makes the error for values that do not fit the command's schema: each is named as it is typed. What stands on the
 * command line without a flag is repeated too; no secret ever stands there.
 */
export function misfit(
  command: Command,
  values: Readonly<Record<string, unknown>>,
): (error: z.ZodError) => ZedopsError {
  return (error) => {
    const positional = argumentsOf(command);
    const flags = [...optionsOf(command), ...positional];
    const faults = error.issues.slice(0, 5).map(({ path, message }) => {
      const flag = flags.find(({ key }) => key === path[0]);
      if (!flag) return message;
      const given = values[flag.key];
      const isRepeated = positional.includes(flag) && typeof given === 'string';
      return `${shown(flag)}${isRepeated ? ` "${given.slice(0, 100)}"` : ''}: ${message}`;
    });
    return new ZedopsError('INVALID_INPUT', faults.join('; '), helpHint(command));
  };
}

function put(command: Command, values: Record<string, unknown>, flag: Flag, value: unknown): void {
  if (value === undefined) {
    if (!flag.isRequired) return;
    throw new ZedopsError(
      'INVALID_INPUT',
      `zedops ${command.words} needs ${shown(flag)}: ${flag.help}`,
      helpHint(command),
    );
  }
  if (flag.kind === 'list' && Array.isArray(value)) values[flag.key] = value.map((item) => read(command, flag, item));
  else values[flag.key] = read(command, flag, value);
}

function read(command: Command, flag: Flag, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (flag.isNumber) {
    if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value);
    throw new ZedopsError('INVALID_INPUT', `${shown(flag)}: "${value}" is not a number`, helpHint(command));
  }
  if (flag.choices.length > 0 && !flag.choices.includes(value)) {
    throw new ZedopsError(
      'INVALID_INPUT',
      `${shown(flag)}: "${value}" is none of ${flag.choices.join(', ')}${didYouMean(value, flag.choices)}`,
      helpHint(command),
    );
  }
  return value;
}

function optionOf({ name, short, kind, placeholder, help }: Flag): Option {
  const names = short === undefined ? name : `-${short}, ${name}`;
  const takesValue = kind === 'value' || kind === 'list';
  const option = new Option(takesValue ? `${names} <${placeholder}>` : names, help);
  if (kind !== 'list') return option;
  return option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
}

/** `--tail` or `<server>`, as a person types it. */
function shown({ name }: Flag): string {
  return name.startsWith('--') ? name : `<${name}>`;
}

function helpHint({ words }: Command): { readonly hint: string } {
  return { hint: `zedops ${words} --help` };
}

function explain(command: Command, { code, message }: CommanderError, flags: readonly Flag[]): ZedopsError {
  const word = /'([^']*)'/.exec(message)?.[1] ?? '';
  const whole = `zedops ${command.words}`;
  switch (code) {
    case 'commander.unknownOption': {
      const near = didYouMean(
        word,
        flags.filter(({ isHidden }) => !isHidden).map(({ name }) => name),
      );
      return new ZedopsError('INVALID_INPUT', `${whole} has no option ${word}${near}`, helpHint(command));
    }
    case 'commander.missingArgument':
      return new ZedopsError('INVALID_INPUT', `${whole} needs <${word}>`, helpHint(command));
    case 'commander.optionMissingArgument':
      return new ZedopsError('INVALID_INPUT', `The option ${word} needs a value`, helpHint(command));
    default:
      return new ZedopsError('INVALID_INPUT', `${whole}: ${message.replace(/^error: /, '')}`, helpHint(command));
  }
}
