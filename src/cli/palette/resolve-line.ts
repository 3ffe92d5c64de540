import type { ResolvedLine } from '../../client/command-lines.ts';
import { shellWords } from '../../platform/terminal/shell-words.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { findOperation } from '../../protocol/operations/index.ts';
import type { Command } from '../grammar/command.ts';
import { findCommand } from '../grammar/find-command.ts';
import { parseArguments } from '../grammar/parse.ts';

/** First words of commands that keep a terminal, or change what this machine is; and why they are not for here. */
const elsewhere: Readonly<Record<string, string>> = {
  agent: 'runs on the host’s own shell',
  manager: 'runs on the manager’s own shell',
  up: 'keeps a terminal of its own',
  simulate: 'keeps a terminal of its own',
  login: 'the screens stay with the manager they were opened for',
  logout: 'the screens stay signed in until they are closed',
};

/** Options that would lead to another manager. */
const leadsAway = /^--(url|profile|setting)(=|$)/;

/** Says what a line comes to before anything is done. Never throws for what was typed. */
export async function resolveLine(line: string, isReadOnly: boolean): Promise<ResolvedLine> {
  const { words: typed, isOpen } = shellWords(line);
  if (isOpen) return { kind: 'refused', why: 'A quote is not closed' };
  const words = typed[0] === 'zedops' ? typed.slice(1) : typed;
  try {
    return await resolveWords(words, isReadOnly);
  } catch (error) {
    if (!(error instanceof ZedopsError)) throw error;
    return { kind: 'refused', why: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
}

async function resolveWords(words: readonly string[], isReadOnly: boolean): Promise<ResolvedLine> {
  const away = words.find((word) => leadsAway.test(word));
  if (away !== undefined) {
    return { kind: 'refused', why: `${away}: the screens stay with one manager`, hint: 'run it in a shell' };
  }
  const found = await findCommand(words);
  const end = words.indexOf('--');
  if ('help' in found || words.slice(0, end === -1 ? words.length : end).some((word) => /^(-h|--help)$/.test(word))) {
    return { kind: 'run', words };
  }
  const { command, rest } = found;
  const noun = command.words.split(' ')[0] ?? '';
  if (noun === 'tui') return { kind: 'screen', screen: 'fleet' };
  const why = elsewhere[noun];
  if (why !== undefined) {
    return { kind: 'refused', why: `zedops ${command.words}: ${why}`, hint: `run it in a shell` };
  }
  if (isReadOnly && !mayRead(command)) {
    return { kind: 'refused', why: `zedops ${command.words}: ZedOps was opened with --read-only` };
  }
  return screenFor(command, rest) ?? { kind: 'run', words };
}

/** What has no operation is of this machine alone, and looks only. */
function mayRead({ subject, words }: Command): boolean {
  return words === 'rcon' || subject === undefined || findOperation(subject)?.effect === 'read';
}

/** The screen that shows what would otherwise keep the terminal until Ctrl-C. */
function screenFor(command: Command, rest: readonly string[]): ResolvedLine | undefined {
  const { words } = command;
  if (!['rcon', 'server logs', 'player list', 'events'].includes(words)) return undefined;
  const { values } = parseArguments(command, rest);
  const server = nameIn(values.server) ?? nameIn(values.servers);
  if (words === 'rcon') {
    const isConsole = server !== undefined && !listed(values.command) && !values.on && !values.commands;
    return isConsole ? { kind: 'screen', screen: 'console', server } : undefined;
  }
  if (words === 'server logs') {
    const isOne = Array.isArray(values.servers) && values.servers.length === 1;
    return values.follow && isOne && server !== undefined ? { kind: 'screen', screen: 'logs', server } : undefined;
  }
  const of = server === undefined ? {} : { server };
  if (words === 'player list') return values.watch ? { kind: 'screen', screen: 'players', ...of } : undefined;
  if (!values.follow) return undefined;
  return server === undefined ? { kind: 'screen', screen: 'fleet' } : { kind: 'screen', screen: 'events', server };
}

function nameIn(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : undefined;
}

function listed(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
