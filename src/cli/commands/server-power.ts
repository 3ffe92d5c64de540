import * as z from 'zod';
import { readStopOptions } from '../../client/stop-options.ts';
import { newId } from '../../protocol/id.ts';
import { serverKill, serverRestart, serverStart, serverStop } from '../../protocol/operations/server.ts';
import { bulkDetails, bulkFlags, bulkShape, oneOrMany } from '../grammar/bulk.ts';
import { type Context, command } from '../grammar/command.ts';
import { runLong } from '../grammar/from-operation.ts';
import { leaveDetails, leaveFlags, leaveShape, stopSentence } from '../input/leave.ts';
import { duration } from '../output/format.ts';
import { createProgress, type Progress } from '../output/progress.ts';

const detach = z.boolean().default(false).describe('come back as soon as it has begun; prints the id of the job');

/** `zedops server start`, `zedops start`. */
export const startCommand = command({
  words: 'server start',
  short: 'start',
  summary: serverStart.summary,
  details: [bulkDetails],
  subject: serverStart.subject,
  input: z.object({ ...bulkShape, detach }),
  positional: ['server'],
  flags: bulkFlags,
  examples: [
    'zedops start alpha',
    'zedops server start alpha --detach',
    "zedops start --on 'tag=eu and state=stopped'",
  ],
  run: (input, context) =>
    oneOrMany(input, context, {
      verb: 'start',
      act: (server, name, progress) =>
        runLong(serverStart, { server }, context, { detach: input.detach, doing: `Starting ${name}`, progress }),
      sentence: (server, { reply, seconds }) => `${server} is ${reply.state} after ${duration(seconds)}`,
    }),
});

/** `zedops server stop`, `zedops stop`. */
export const stopCommand = command({
  words: 'server stop',
  short: 'stop',
  summary: serverStop.summary,
  details: [
    'No world is lost on the way: the game is told to save and confirms it before it is told to quit.',
    ...leaveDetails,
    bulkDetails,
  ],
  subject: serverStop.subject,
  input: z.object({ ...bulkShape, ...leaveShape, detach }),
  positional: ['server'],
  flags: { ...bulkFlags, ...leaveFlags },
  examples: [
    'zedops stop alpha',
    'zedops stop alpha --warn 15m,5m,1m,10s --reason "new mods"',
    'zedops server stop alpha --when-empty --max-wait 3h --json',
    "zedops stop --on 'tag=eu and players=0' --yes",
  ],
  run(input, context) {
    const wish = readStopOptions(input);
    return oneOrMany(input, context, {
      verb: 'stop',
      act: (server, name, progress) =>
        runLong(serverStop, { server, ...wish }, context, {
          detach: input.detach,
          doing: `Stopping ${name}`,
          progress,
        }),
      sentence: (server, { reply }) => stopSentence(server, reply),
    });
  },
});

/** `zedops server restart`, `zedops restart`. */
export const restartCommand = command({
  words: 'server restart',
  short: 'restart',
  summary: serverRestart.summary,
  details: [...leaveDetails, bulkDetails],
  subject: serverRestart.subject,
  input: z.object({ ...bulkShape, ...leaveShape, detach }),
  positional: ['server'],
  flags: { ...bulkFlags, ...leaveFlags },
  examples: [
    'zedops restart alpha',
    'zedops restart alpha --warn 15m,5m,1m,10s --reason "new mods"',
    "zedops restart --on 'host=box-1' --parallel 2 --yes",
  ],
  run(input, context) {
    const wish = readStopOptions(input);
    return oneOrMany(input, context, {
      verb: 'restart',
      act: (server, name, progress) =>
        runLong(serverRestart, { server, ...wish }, context, {
          detach: input.detach,
          doing: `Restarting ${name}`,
          progress,
        }),
      sentence: (server, { reply: { stop, state }, seconds }) =>
        `${stopSentence(server, stop)}; it is ${state} again after ${duration(seconds)}`,
    });
  },
});

/** `zedops server kill`. */
export const killCommand = command({
  words: 'server kill',
  summary: serverKill.summary,
  details: [
    'What happened in the game since its last save is lost. It works while another command holds the server.',
    bulkDetails,
  ],
  subject: serverKill.subject,
  input: z.object(bulkShape),
  positional: ['server'],
  flags: bulkFlags,
  examples: ['zedops server kill alpha --yes', "zedops server kill --on 'host=box-1 and state=stopping'"],
  run: (input, context) =>
    oneOrMany(input, context, {
      verb: 'kill',
      question: (server) => `Kill ${server} without a save? What happened since the last one is lost.`,
      act: (server, _, shared) => kill(server, context, shared),
      sentence: (server, { reply: { wasRunning, state } }) =>
        `${wasRunning ? `${server} was killed, without a save` : `${server} was not running`}; it is ${state}`,
    }),
});

async function kill(server: string, context: Context, shared: Progress | undefined) {
  const { clock, signal } = context;
  const begun = clock.now();
  const manager = await context.manager();
  const session = await manager.open(signal);
  const progress = shared ?? (await createProgress(context));
  try {
    const id = newId(begun);
    const reply = await session.peer.request(serverKill, { server }, { id, signal, onProgress: progress.step });
    return { reply, seconds: (clock.now() - begun) / 1000 };
  } finally {
    progress.end();
    session.close();
  }
}
