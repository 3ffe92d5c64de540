import { ErrorCode, errorCodes, ZedopsError } from '../../protocol/errors.ts';
import { allCommands, nouns, shortForms } from './catalog.ts';
import type { Command } from './command.ts';
import { argumentsOf, type Flag, globalFlags, optionsOf } from './flags.ts';

/** A command as plain data, for help pages and the generated reference. */
export interface CommandDescription {
  readonly name: string;
  readonly short?: string;
  readonly summary: string;
  readonly details: readonly string[];
  readonly usage: readonly string[];
  readonly arguments: readonly FlagDescription[];
  readonly options: readonly FlagDescription[];
  readonly examples: readonly string[];
  /** Exit codes of its own. */
  readonly exits: Readonly<Record<string, string>>;
  /** The operation it asks for. */
  readonly subject?: string;
}

/** One option or argument as help shows it. */
export interface FlagDescription {
  readonly usage: string;
  readonly help: string;
}

const meanings: Readonly<Record<ErrorCode, string>> = {
  INVALID_INPUT: 'wrong usage or input',
  UNAUTHENTICATED: 'not signed in, or not allowed',
  FORBIDDEN: 'not signed in, or not allowed',
  NOT_FOUND: 'there is no such thing',
  CONFLICT: 'in conflict with what is there',
  UNREACHABLE: 'manager, host or engine cannot be reached',
  TIMEOUT: 'no answer in time',
  UNSUPPORTED: 'not supported there',
  INTERNAL: 'ZedOps failed',
  CANCELLED: 'cancelled, or Ctrl-C',
};

/** What the exit codes of every command mean. */
export const commonExits: Readonly<Record<string, string>> = {
  0: 'done',
  ...Object.fromEntries(
    ErrorCode.options.map((code): readonly [number, string] => [errorCodes[code].exit, meanings[code]]),
  ),
};

/** Every command as plain data, in the order of the help. */
export async function describeCommands(): Promise<readonly CommandDescription[]> {
  return (await allCommands()).map(describeCommand);
}

/** One command as plain data. */
export function describeCommand(command: Command): CommandDescription {
  const positional = argumentsOf(command);
  const options = optionsOf(command).filter(({ isHidden }) => !isHidden);
  const values = positional.map(({ placeholder, isRequired, kind }) => {
    const name = kind === 'list' ? `${placeholder}...` : placeholder;
    return isRequired ? `<${name}>` : `[${name}]`;
  });
  const required = options
    .filter(({ isRequired }) => isRequired)
    .map(({ name, placeholder }) => `${name} <${placeholder}>`);
  const rest = [...values, ...required, options.length > required.length ? '[options]' : ''].filter(Boolean).join(' ');
  const forms = [command.words.replace(/^(manager|agent) run$/, '$1'), ...(command.short ? [command.short] : [])];
  return {
    name: command.words,
    ...(command.short === undefined ? {} : { short: command.short }),
    summary: command.summary,
    details: command.details ?? [],
    usage: forms.map((form) => `zedops ${form} ${rest}`.trimEnd()),
    arguments: positional.map((flag) => ({ usage: `<${flag.placeholder}>`, help: helpOf(flag) })),
    options: options.map(describeOption),
    examples: command.examples,
    exits: Object.fromEntries(Object.entries(command.exits ?? {})),
    ...(command.subject === undefined ? {} : { subject: command.subject }),
  };
}

/** The help page of one command. */
export function commandHelp(command: Command): string {
  const { summary, details, usage, arguments: positional, options, examples, exits } = describeCommand(command);
  const sections = [
    `${summary}.`,
    usage.map((line, index) => `${index === 0 ? 'Usage:' : '      '} ${line}`).join('\n'),
    ...details.map((paragraph) => wrap(paragraph, 0)),
    section('Arguments', positional),
    section('Options', options),
    section('Options of every command', globalFlags.map(describeOption)),
    `Examples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`,
    section(
      'Exit codes',
      Object.entries({ ...commonExits, ...exits }).map(([code, help]) => ({ usage: code, help })),
    ),
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

/** The help page of a noun: its commands. */
export function nounHelp(noun: string, commands: readonly Command[]): string {
  const found = nouns.find((candidate) => candidate.noun === noun);
  const rows = commands
    .filter(({ words, isHidden }) => words.startsWith(`${noun} `) && !isHidden)
    .map((command) => ({
      usage: `zedops ${command.words}`,
      help: command.summary + (command.short === undefined ? '' : ` (short: zedops ${command.short})`),
    }));
  const sections = [
    `${found?.summary ?? noun}.`,
    `Usage: zedops ${noun} ${found?.verb === undefined ? '<command>' : '[command]'} [options]`,
    section('Commands', rows),
    `"zedops ${noun} <command> --help" shows options, examples and exit codes.`,
  ];
  return `${sections.join('\n\n')}\n`;
}

/** The first help page. */
export function rootHelp(): string {
  const rows = nouns.filter(({ isHidden }) => !isHidden).map(({ noun, summary }) => ({ usage: noun, help: summary }));
  const short = Object.entries(shortForms).map(([usage, full]) => ({ usage, help: full }));
  const sections = [
    'ZedOps runs fleets of Project Zomboid servers from the terminal.',
    'Usage: zedops <noun> <verb> [options]',
    section('Commands', rows),
    section('Short forms', short),
    section('Options of every command', [
      ...globalFlags.map(describeOption),
      { usage: '--version', help: 'print the version' },
    ]),
    'Examples:\n  $ zedops up\n  $ zedops server template steam-zomboid > alpha.env\n  $ zedops server create alpha --env-file alpha.env\n  $ zedops logs alpha -f',
    '"zedops <noun> --help" lists the commands of a noun, "zedops help <noun> <verb>" explains one.',
  ];
  return `${sections.join('\n\n')}\n`;
}

/** The page for `zedops help <words>`. @throws ZedopsError INVALID_INPUT where there is none. */
export async function helpFor(words: string): Promise<string> {
  if (words === '') return rootHelp();
  const commands = await allCommands();
  const full = shortForms[words] ?? words;
  const exact = commands.find((command) => command.words === full);
  if (exact) return commandHelp(exact);
  const noun = nouns.find((candidate) => candidate.noun === words);
  if (noun) return nounHelp(words, commands);
  throw new ZedopsError('INVALID_INPUT', `There is no command "${words}"`, { hint: 'zedops --help' });
}

/** Every help page by the words that lead to it; `` is the first page. Written to disk when ZedOps is built. */
export async function allHelpPages(): Promise<ReadonlyMap<string, string>> {
  const commands = await allCommands();
  const pages = new Map<string, string>([['', rootHelp()]]);
  for (const { noun, isHidden } of nouns) if (!isHidden) pages.set(noun, nounHelp(noun, commands));
  for (const command of commands) {
    const page = commandHelp(command);
    pages.set(command.words, page);
    if (command.short !== undefined) pages.set(command.short, page);
  }
  return pages;
}

const width = 100;

function section(title: string, rows: readonly FlagDescription[]): string {
  if (rows.length === 0) return '';
  const column = Math.min(30, Math.max(...rows.map(({ usage }) => usage.length)));
  const lines = rows.map(({ usage, help }) => {
    const text = wrap(help, column + 4);
    return usage.length > column
      ? `  ${usage}\n${' '.repeat(column + 4)}${text}`
      : `  ${usage.padEnd(column)}  ${text}`;
  });
  return `${title}:\n${lines.join('\n')}`;
}

function wrap(text: string, indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width - indent) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}

function describeOption(flag: Flag): FlagDescription {
  const short = flag.short === undefined ? '' : `-${flag.short}, `;
  const value = flag.kind === 'value' || flag.kind === 'list' ? ` <${flag.placeholder}>` : '';
  return { usage: `${short}${flag.name}${value}`, help: helpOf(flag) };
}

function helpOf({ help, choices, placeholder, fallback, kind }: Flag): string {
  const notes = [
    choices.length > 0 && placeholder !== choices.join('|') ? `one of ${choices.join(', ')}` : '',
    kind === 'list' ? 'may be repeated' : '',
    fallback === undefined ? '' : `default ${fallback}`,
  ].filter((note) => note !== '' && !help.includes(note));
  return notes.length === 0 ? help : `${help} (${notes.join('; ')})`;
}
