import { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { CommandLines, LineRun } from '../../client/command-lines.ts';
import type { ManagerClient } from '../../client/connect/manager-client.ts';
import { createNarrowedClient } from '../../client/connect/narrowed-client.ts';
import { serverRcon } from '../../protocol/operations/rcon.ts';
import { commandRights } from '../../zomboid/commands/catalogue.ts';
import type { Context } from '../grammar/command.ts';
import type { Completes } from '../grammar/flag-override.ts';
import { namesOf } from '../grammar/names-of.ts';
import type { Io } from '../io.ts';
import { completeLine } from './complete-line.ts';
import { resolveLine } from './resolve-line.ts';

/** Makes the command line of the screens. With `isReadOnly` nothing but reading reaches the manager. */
export function createCommandLines(
  context: Context,
  client: ManagerClient | undefined,
  isReadOnly: boolean,
): CommandLines {
  const manager = client && isReadOnly ? createNarrowedClient(client, whyNotReading) : client;
  const connect = async (): Promise<ManagerClient | undefined> => manager;
  return {
    resolve: (line) => resolveLine(line, isReadOnly),
    run: (words, options) =>
      context.runAnother(words, {
        io: caughtIo(context.io, options),
        interruption: () => options.signal,
        connect,
      }),
    async complete(line, cursor) {
      const names = async (thing: Completes): Promise<readonly string[]> =>
        thing === 'nothing' || thing === 'file' ? [] : namesOf(thing, context);
      return completeLine(await context.catalog(), line.slice(0, cursor), names);
    },
  };
}

function whyNotReading({ subject, effect }: { subject: string; effect: string }, data: unknown): string | undefined {
  const asked = subject === serverRcon.subject ? serverRcon.request.safeParse(data) : undefined;
  const isReading = asked?.success ? commandRights(undefined, asked.data.command).effect === 'read' : effect === 'read';
  return isReading ? undefined : 'ZedOps was opened with --read-only';
}

/** Streams of a run inside the screens: nothing comes in, questions go to the person, what is printed is caught. */
function caughtIo({ env }: Io, { columns, write, ask }: LineRun): Io {
  return {
    env: { ...env, TERM: 'dumb' },
    stdin: Readable.from([]),
    stdout: caught((text) => write('stdout', text)),
    stderr: caught((text) => write('stderr', text)),
    inIsTty: false,
    outIsTty: false,
    errIsTty: false,
    columns,
    setEcho: () => undefined,
    ask,
  };
}

function caught(take: (text: string) => void): Writable {
  const decoder = new StringDecoder('utf8');
  return new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _, done) {
      take(decoder.write(chunk));
      done();
    },
  });
}
