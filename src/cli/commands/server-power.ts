import * as z from 'zod';
import type { StopReport } from '../../protocol/entities/server.ts';
import { newId } from '../../protocol/id.ts';
import { serverDelete, serverKill, serverRestart, serverStart, serverStop } from '../../protocol/operations/server.ts';
import { command } from '../command.ts';
import { duration } from '../format.ts';
import { runLong, tellJob } from '../from-operation.ts';
import { createProgress } from '../progress.ts';
import { confirm } from '../prompt.ts';

const detach = z.boolean().default(false).describe('come back as soon as it has begun; prints the id of the job');

/** `zedops server start`, `zedops start`. */
export const startCommand = command({
  words: 'server start',
  short: 'start',
  summary: serverStart.summary,
  subject: serverStart.subject,
  input: serverStart.request.extend({ detach }),
  positional: ['server'],
  examples: ['zedops start alpha', 'zedops server start alpha --detach'],
  async run({ server, detach: isDetached }, context) {
    const outcome = await runLong(serverStart, { server }, context, {
      detach: isDetached,
      doing: `Starting ${server}`,
    });
    if ('job' in outcome) tellJob(context, outcome.job);
    else context.talk.done(outcome.reply, `${server} is ${outcome.reply.state} after ${duration(outcome.seconds)}`);
    return undefined;
  },
});

/** `zedops server stop`, `zedops stop`. */
export const stopCommand = command({
  words: 'server stop',
  short: 'stop',
  summary: serverStop.summary,
  details: ['No world is lost on the way: the game is told to save and confirms it before it is told to quit.'],
  subject: serverStop.subject,
  input: serverStop.request.extend({ detach }),
  positional: ['server'],
  examples: ['zedops stop alpha', 'zedops server stop alpha --json'],
  async run({ server, detach: isDetached }, context) {
    const outcome = await runLong(serverStop, { server }, context, { detach: isDetached, doing: `Stopping ${server}` });
    if ('job' in outcome) tellJob(context, outcome.job);
    else context.talk.done(outcome.reply, stopSentence(server, outcome.reply));
    return undefined;
  },
});

/** `zedops server restart`, `zedops restart`. */
export const restartCommand = command({
  words: 'server restart',
  short: 'restart',
  summary: serverRestart.summary,
  subject: serverRestart.subject,
  input: serverRestart.request.extend({ detach }),
  positional: ['server'],
  examples: ['zedops restart alpha'],
  async run({ server, detach: isDetached }, context) {
    const outcome = await runLong(serverRestart, { server }, context, {
      detach: isDetached,
      doing: `Restarting ${server}`,
    });
    if ('job' in outcome) tellJob(context, outcome.job);
    else {
      const { stop, state } = outcome.reply;
      context.talk.done(
        outcome.reply,
        `${stopSentence(server, stop)}; it is ${state} again after ${duration(outcome.seconds)}`,
      );
    }
    return undefined;
  },
});

/** `zedops server delete`. */
export const deleteCommand = command({
  words: 'server delete',
  summary: serverDelete.summary,
  subject: serverDelete.subject,
  input: serverDelete.request.extend({ detach }),
  positional: ['server'],
  examples: ['zedops server delete alpha', 'zedops server delete alpha --yes --json'],
  async run({ server, detach: isDetached }, context) {
    await confirm(
      context,
      `Delete ${server}? It is stopped and its container is removed; its world stays on the host.`,
    );
    const outcome = await runLong(serverDelete, { server }, context, {
      detach: isDetached,
      doing: `Deleting ${server}`,
    });
    if ('job' in outcome) tellJob(context, outcome.job);
    else {
      const { name, keptAt, stop } = outcome.reply;
      const how = stop === undefined || stop.saved === 'was-stopped' ? '' : `${stopSentence(name, stop)}; `;
      context.talk.done(outcome.reply, `${how}${name} is deleted; its world is kept at ${keptAt}`);
    }
    return undefined;
  },
});

/** `zedops server kill`. */
export const killCommand = command({
  words: 'server kill',
  summary: serverKill.summary,
  details: ['What happened in the game since its last save is lost. It works while another command holds the server.'],
  subject: serverKill.subject,
  input: serverKill.request,
  positional: ['server'],
  examples: ['zedops server kill alpha --yes'],
  async run({ server }, context) {
    await confirm(context, `Kill ${server} without a save? What happened since the last one is lost.`);
    const { clock, signal } = context;
    const manager = await context.manager();
    const session = await manager.open(signal);
    const progress = await createProgress(context);
    try {
      const id = newId(clock.now());
      const reply = await session.peer.request(serverKill, { server }, { id, signal, onProgress: progress.step });
      const sentence = reply.wasRunning ? `${server} was killed, without a save` : `${server} was not running`;
      context.talk.done(reply, `${sentence}; it is ${reply.state}`);
    } finally {
      progress.end();
      session.close();
    }
    return undefined;
  },
});

const saves: Readonly<Record<StopReport['saved'], string>> = {
  confirmed: 'the save was confirmed',
  answered: 'the game took the save command, and its build does not confirm saves',
  no: 'the save was NOT confirmed',
  'not-asked': 'the game could not be asked to save, because RCON was not reached',
  'was-stopped': '',
};

const ends: Readonly<Record<StopReport['ended'], string>> = {
  quit: '',
  signal: 'a signal had to end it',
  kill: 'it had to be killed',
  'was-stopped': '',
};

/** How a stop went, as one sentence. */
export function stopSentence(server: string, { saved, ended, seconds }: StopReport): string {
  if (saved === 'was-stopped' || ended === 'was-stopped') return `${server} was stopped already`;
  return [`${server} stopped in ${duration(seconds)}`, saves[saved], ends[ended]].filter(Boolean).join('; ');
}
