import * as z from 'zod';
import { createManagerClient, type ManagerClient } from '../client/connect/manager-client.ts';
import { findRoute, noManager } from '../client/connect/route.ts';
import type { Clock } from '../platform/clock.ts';
import { resolvePaths } from '../platform/files/paths.ts';
import { programVersion } from '../platform/program-version.ts';
import { resolveSettings, type Settings } from '../platform/settings.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { allCommands, nouns, shortForms } from './grammar/catalog.ts';
import type { Command, Context } from './grammar/command.ts';
import { findCommand } from './grammar/find-command.ts';
import type { Globals } from './grammar/globals.ts';
import { misfit, parseArguments } from './grammar/parse.ts';
import type { Io } from './io.ts';
import { tellFailure } from './output/failure.ts';
import { createTalk } from './output/talk.ts';

/** What one run of the command line is given by its process. */
export interface ProgramDeps {
  readonly io: Io;
  readonly clock: Clock;
  readonly uid: number;
  /** The signal of Ctrl-C and its like; asked for by commands that do not listen to signals themselves. */
  readonly interruption: () => AbortSignal;
  /** Finds the manager that settings mean. Tests give their own. */
  readonly connect?: () => Promise<ManagerClient | undefined>;
}

/** Runs one command line and resolves with its exit code. Whatever fails is told on stderr; nothing is thrown. */
export async function runCommandLine(argv: readonly string[], deps: ProgramDeps): Promise<number> {
  const { io } = deps;
  let command: Command | undefined;
  let signal: AbortSignal | undefined;
  try {
    if (argv.includes('--version') && argv.length === 1) {
      io.stdout.write(`${programVersion}\n`);
      return 0;
    }
    const found = await findCommand(opensScreens(argv, io) ? ['tui', ...argv] : argv);
    if ('help' in found) return await showHelp(found.help, argv, io);
    command = found.command;
    const { rest } = found;
    // Compiling parsers pays for daemons, who parse all day; a command parses one reply and is gone.
    if (!command.isDaemon) z.config({ jitless: true });
    if (!command.isRaw && asksForHelp(rest)) return await showHelp(command.words, argv, io);
    const { values, globals } = command.isRaw
      ? { values: { args: [...rest] }, globals: {} }
      : parseArguments(command, rest);
    signal = command.isDaemon ? new AbortController().signal : deps.interruption();
    return await command.invoke(values, createContext(deps, globals, signal), misfit(command, values));
  } catch (error) {
    const isCtrlC = error instanceof ZedopsError && error.code === 'CANCELLED' && signal?.aborted === true;
    if (isCtrlC && error.hint === undefined) return 130;
    const code = tellFailure(error, io, argv.includes('--json'));
    return (error instanceof ZedopsError ? command?.exitFor?.(error) : undefined) ?? code;
  }
}

/** Whether the screens are meant: no words at all on a terminal, or nothing but options of the screens. */
function opensScreens(argv: readonly string[], io: Io): boolean {
  if (argv.length === 0) return io.inIsTty && io.outIsTty;
  return argv.some((token) => /^--(read-only|plain|theme(=.*)?)$/.test(token)) && argv[0]?.startsWith('--') === true;
}

function createContext(deps: ProgramDeps, given: Readonly<Record<string, unknown>>, signal: AbortSignal): Context {
  const { io, uid, clock } = deps;
  const globals: Globals = {
    json: given.json === true,
    quiet: given.quiet === true,
    yes: given.yes === true,
    yesTo: typeof given.yesTo === 'string' ? given.yesTo : undefined,
    color: given.color !== false && !io.env.NO_COLOR && io.outIsTty && io.env.TERM !== 'dumb',
  };
  const paths = resolvePaths({ env: io.env, uid, ...(io.env.HOME ? { home: io.env.HOME } : {}) });
  const flags = settingFlags(given);
  let settings: Settings | undefined;
  let manager: Promise<ManagerClient | undefined> | undefined;
  const connect = async (): Promise<ManagerClient | undefined> => {
    if (deps.connect) return deps.connect();
    const found = await findRoute({ paths, settings: context.settings(), uid, signal });
    return found && createManagerClient(found, clock);
  };
  const context: Context = {
    io,
    uid,
    clock,
    globals,
    paths,
    signal,
    talk: createTalk(io, globals),
    settings() {
      settings ??= resolveSettings(paths, io.env, flags);
      return settings;
    },
    async catalog() {
      const commands = await allCommands();
      return { nouns: nouns.flatMap(({ noun, isHidden }) => (isHidden ? [] : [noun])), shortForms, commands };
    },
    async commandLines(client, isReadOnly) {
      const { createCommandLines } = await import('./palette/command-lines.ts');
      return createCommandLines(context, client, isReadOnly);
    },
    runAnother: (argv, changes) => runCommandLine(argv, { ...deps, ...changes }),
    managerIfAny() {
      manager ??= connect();
      return manager;
    },
    async manager() {
      const known = await context.managerIfAny();
      if (!known) throw noManager();
      return known;
    },
  };
  return context;
}

function settingFlags({ setting, url, profile }: Readonly<Record<string, unknown>>): Record<string, string> {
  const flags: Record<string, string> = {};
  for (const pair of Array.isArray(setting) ? setting.map(String) : []) {
    const at = pair.indexOf('=');
    if (at < 1)
      throw new ZedopsError('INVALID_INPUT', `--setting: "${pair}" is not name=value`, { hint: 'zedops settings' });
    flags[pair.slice(0, at)] = pair.slice(at + 1);
  }
  if (typeof url === 'string') flags['client.url'] = url;
  if (typeof profile === 'string') flags['client.profile'] = profile;
  return flags;
}

function asksForHelp(tokens: readonly string[]): boolean {
  const end = tokens.indexOf('--');
  return (end === -1 ? tokens : tokens.slice(0, end)).some((token) => token === '--help' || token === '-h');
}

/** A page that was asked for is a result; one that stands in for a missing verb is a fault. */
async function showHelp(words: string, argv: readonly string[], io: Io): Promise<number> {
  const { helpFor } = await import('./grammar/help.ts');
  const page = await helpFor(words);
  const isAskedFor = words === '' || argv.includes('help') || asksForHelp(argv);
  (isAskedFor ? io.stdout : io.stderr).write(page);
  return isAskedFor ? 0 : 2;
}
