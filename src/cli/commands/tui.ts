import { ReadStream, WriteStream } from 'node:tty';
import * as z from 'zod';
import type { CommandLines } from '../../client/command-lines.ts';
import type { ManagerClient } from '../../client/connect/manager-client.ts';
import type { Session } from '../../client/connect/session.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { fleetWatch } from '../../protocol/operations/fleet.ts';
import { type Command, type Context, command } from '../grammar/command.ts';
import { examineThisMachine } from '../local/local-doctor.ts';

const themes = ['default', 'contrast', 'mono'] as const;

/** `zedops` alone, `zedops tui`. */
export const tuiCommands: readonly Command[] = [
  command({
    words: 'tui',
    summary: 'Open the fleet on this terminal: servers, hosts, logs',
    details: [
      'On a terminal, zedops alone opens it too. Press ? for every key and c for the command line that does the same.',
      'With --plain it prints the fleet and then each change as a line, for screen readers and simple terminals; so it does where TERM is dumb. NO_COLOR takes all colours away.',
    ],
    input: z.object({
      readOnly: z.boolean().default(false).describe('show only: nothing can be changed'),
      plain: z.boolean().default(false).describe('print lines instead of drawing screens'),
      theme: z.enum(themes).optional().describe('colours: the terminal’s own, strong ones, or none'),
    }),
    subject: fleetWatch.subject,
    isDaemon: true,
    examples: ['zedops', 'zedops tui --read-only', 'zedops tui --theme contrast', 'zedops tui --plain'],
    async run({ readOnly, plain, theme }, context) {
      const { io, clock } = context;
      if (plain || (io.outIsTty && io.env.TERM === 'dumb')) return runPlain(context);
      const { stdin, stdout } = io;
      const settings = context.settings();
      if (!(stdin instanceof ReadStream) || !(stdout instanceof WriteStream)) {
        throw new ZedopsError('INVALID_INPUT', 'The screens need a terminal, and this is none', {
          hint: 'zedops tui --plain, or zedops server list',
        });
      }
      const known = await context.managerIfAny();
      // The manager answers while the screens are loaded.
      const early = known && dialEarly(known, context.signal);
      const [{ runTui }, firstRun] = await Promise.all([
        import('../../tui/main.tsx'),
        known ? undefined : import('../local/first-run.ts').then(({ createFirstRun }) => createFirstRun(context)),
      ]);
      let client = known;
      try {
        for (;;) {
          const of = client;
          const outcome = await runTui({
            client: client === known ? early?.client : client,
            clock,
            input: stdin,
            output: stdout,
            signals: {
              on: (name, listener) => process.on(name, listener),
              off: (name, listener) => process.off(name, listener),
              suspend: () => process.kill(process.pid, 'SIGSTOP'),
            },
            env: io.env,
            folder: process.cwd(),
            commandLines: loadedLate(() => context.commandLines(of, readOnly)),
            historyFolder: context.paths.client,
            isReadOnly: readOnly,
            theme: theme ?? themes.find((name) => name === settings.find('tui.theme')),
            keys: settings.find('tui.keys'),
            hasMouse: settings.get('tui.mouse') === 'on',
            publicUrl: settings.find('manager.url'),
            examineHere: () => examineThisMachine(context),
            firstRun,
            started: firstRun?.started(),
          });
          client = outcome.client;
          if (client) continue;
          if (outcome.keepsStarted) firstRun?.keep();
          return outcome.next === undefined ? outcome.exitCode : await context.runAnother(outcome.next);
        }
      } finally {
        early?.end();
        if (firstRun?.started()) context.talk.note('ending the manager that was started here');
        await firstRun?.end();
      }
    },
  }),
];

/** The same manager, to which the first connection is on its way; `end` closes it where nobody took it. */
function dialEarly(client: ManagerClient, signal: AbortSignal) {
  let first: Promise<Session> | undefined = client.open(signal);
  // Whoever takes it is told.
  first.catch(() => undefined);
  const take = (): Promise<Session> | undefined => {
    const taken = first;
    first = undefined;
    return taken;
  };
  return {
    client: { ...client, open: (wanted?: AbortSignal) => take() ?? client.open(wanted) },
    end: () =>
      void take()?.then(
        (session) => session.close(),
        () => undefined,
      ),
  };
}

/** The command line, made when the first line is typed. */
function loadedLate(load: () => Promise<CommandLines>): CommandLines {
  let lines: Promise<CommandLines> | undefined;
  const loaded = (): Promise<CommandLines> => {
    lines ??= load();
    return lines;
  };
  return {
    resolve: async (line) => (await loaded()).resolve(line),
    run: async (words, run) => (await loaded()).run(words, run),
    complete: async (line, cursor) => (await loaded()).complete(line, cursor),
  };
}

async function runPlain(context: Context): Promise<number> {
  const { io, clock } = context;
  const ending = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const end = (): void => ending.abort();
  for (const name of names) process.on(name, end);
  try {
    const [client, { runPlainTui }] = await Promise.all([context.manager(), import('../../tui/main.tsx')]);
    await runPlainTui({ client, clock, signal: ending.signal, write: (line) => void io.stdout.write(`${line}\n`) });
    return 0;
  } finally {
    for (const name of names) process.off(name, end);
  }
}
