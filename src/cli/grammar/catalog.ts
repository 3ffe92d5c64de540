import { serverVerbs } from '../commands/server.ts';
import type { Command } from './command.ts';

/** A first word of the command line, and where its commands are. Loaded one noun at a time, because a start is paid for in milliseconds. */
export interface Noun {
  readonly noun: string;
  readonly summary: string;
  /** The verb that is meant where none is given. */
  readonly verb?: string;
  /** Only typed by the completion scripts. */
  readonly isHidden?: true;
  readonly load: () => Promise<readonly Command[]>;
  /** For a noun with many commands, each of them by its verb: one is loaded sooner than all. */
  readonly verbs?: Readonly<Record<string, () => Promise<Command>>>;
}

/** Every first word there is, in the order help shows them. */
export const nouns: readonly Noun[] = [
  {
    noun: 'tui',
    summary: 'Open the fleet on this terminal',
    load: async () => (await import('../commands/tui.ts')).tuiCommands,
  },
  {
    noun: 'up',
    summary: 'Run manager and agent on this machine, in one process',
    load: async () => (await import('../commands/up.ts')).upCommands,
  },
  {
    noun: 'server',
    summary: 'Create servers, run them, read their logs',
    load: () => Promise.all(Object.values(serverVerbs).map((load) => load())),
    verbs: serverVerbs,
  },
  {
    noun: 'host',
    summary: 'Invite hosts, list them, measure their distance',
    load: async () => (await import('../commands/host.ts')).hostCommands,
  },
  {
    noun: 'top',
    summary: 'Show what hosts and running servers take now',
    load: async () => (await import('../commands/top.ts')).topCommands,
  },
  {
    noun: 'port',
    summary: 'See which ports are taken, and find free ones',
    load: async () => (await import('../commands/port.ts')).portCommands,
  },
  {
    noun: 'player',
    summary: 'See who plays, what they did, and act on them',
    load: async () => (await import('../commands/player.ts')).playerCommands,
  },
  {
    noun: 'job',
    summary: 'Look at long work, wait for it, cancel it',
    load: async () => (await import('../commands/job.ts')).jobCommands,
  },
  {
    noun: 'rcon',
    summary: 'Send commands to a running game, or open its console',
    load: async () => (await import('../commands/rcon.ts')).rconCommands,
  },
  {
    noun: 'events',
    summary: 'Show what happened to servers and hosts, and follow it',
    load: async () => (await import('../commands/event.ts')).eventCommands,
  },
  {
    noun: 'crashes',
    summary: 'Look at crashes, and at the last lines before them',
    verb: 'list',
    load: async () => (await import('../commands/crash.ts')).crashCommands,
  },
  {
    noun: 'image',
    summary: 'Look at the image templates servers are made from',
    load: async () => (await import('../commands/image.ts')).imageCommands,
  },
  {
    noun: 'login',
    summary: 'Sign in to a manager',
    load: async () => (await import('../commands/session.ts')).sessionCommands,
  },
  {
    noun: 'logout',
    summary: 'Sign out',
    load: async () => (await import('../commands/session.ts')).sessionCommands,
  },
  {
    noun: 'whoami',
    summary: 'Show who you are signed in as',
    load: async () => (await import('../commands/session.ts')).sessionCommands,
  },
  {
    noun: 'passwd',
    summary: 'Change your own password',
    load: async () => (await import('../commands/session.ts')).sessionCommands,
  },
  {
    noun: 'user',
    summary: 'Say who may sign in, and what they may do',
    load: async () => (await import('../commands/user.ts')).userCommands,
  },
  {
    noun: 'token',
    summary: 'Make and revoke API tokens for scripts',
    load: async () => (await import('../commands/token.ts')).tokenCommands,
  },
  {
    noun: 'audit',
    summary: 'Show who did what, newest first',
    load: async () => (await import('../commands/audit.ts')).auditCommands,
  },
  {
    noun: 'manager',
    summary: 'Run the manager, or set one up',
    verb: 'run',
    load: async () => (await import('../commands/manager.ts')).managerCommands,
  },
  {
    noun: 'agent',
    summary: 'Run the agent of this host, or join a manager',
    verb: 'run',
    load: async () => (await import('../commands/agent.ts')).agentCommands,
  },
  {
    noun: 'settings',
    summary: 'Show every setting with its value and origin',
    load: async () => (await import('../commands/settings.ts')).settingsCommands,
  },
  {
    noun: 'doctor',
    summary: 'Examine this machine, the manager and its hosts',
    load: async () => (await import('../commands/doctor.ts')).doctorCommands,
  },
  {
    noun: 'completion',
    summary: 'Print the completion script of a shell',
    load: async () => (await import('../commands/completion.ts')).completionCommands,
  },
  {
    noun: 'simulate',
    summary: 'Run a stand-in for the game, for trials and tests',
    load: async () => (await import('../commands/simulate.ts')).simulateCommands,
  },
  {
    noun: '__complete',
    summary: 'Answer a completion script',
    isHidden: true,
    load: async () => (await import('../commands/completion.ts')).completionCommands,
  },
];

/** Short forms of much-used commands. */
export const shortForms: Readonly<Record<string, string>> = {
  ps: 'server list',
  logs: 'server logs',
  'logs search': 'server log-search',
  start: 'server start',
  stop: 'server stop',
  restart: 'server restart',
  diff: 'server diff',
  sync: 'server sync',
};

/** Every command there is, hidden ones left out, in the order of {@link nouns}. */
export async function allCommands(): Promise<readonly Command[]> {
  const all: Command[] = [];
  for (const { noun, load, isHidden } of nouns) {
    if (isHidden) continue;
    const ofNoun = (await load()).filter(({ words }) => words === noun || words.startsWith(`${noun} `));
    all.push(...ofNoun.filter((command) => !command.isHidden));
  }
  return all;
}
