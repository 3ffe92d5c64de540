import * as z from 'zod';
import type { KeepDeleted } from '../../protocol/entities/deletion.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverShow, serverStart } from '../../protocol/operations/server.ts';
import { serverDelete, serverForget, serverPurge, serverRestore } from '../../protocol/operations/server-removal.ts';
import { type Context, command } from '../grammar/command.ts';
import { runLong, tellJob } from '../grammar/from-operation.ts';
import { stopSentence } from '../input/leave.ts';
import { readSpan } from '../input/point-in-time.ts';
import { askLine, canAsk, confirm } from '../input/prompt.ts';
import { bytes, counted, duration, moment } from '../output/format.ts';

const { server } = serverDelete.request.shape;
const detach = z.boolean().default(false).describe('come back as soon as it has begun; prints the id of the job');

/** `zedops server delete`. */
export const deleteCommand = command({
  words: 'server delete',
  summary: serverDelete.summary,
  details: [
    'Its container is removed. Its world, name and ports are kept for the time of the setting manager.deletedRetention, seven days where nobody changed it, and then given free; until then zedops server restore takes it back. For a server that is deleted already, --keep changes how long.',
  ],
  subject: serverDelete.subject,
  input: z.object({
    server,
    keep: z.string().max(64).optional().describe('how long its world is kept, such as 30d, or forever'),
    detach,
  }),
  positional: ['server'],
  flags: { keep: { placeholder: 'time' } },
  examples: ['zedops server delete alpha', 'zedops server delete alpha --keep 30d --yes --json'],
  async run({ server: name, keep, detach: isDetached }, context) {
    const request = { server: name, ...(keep === undefined ? {} : { keep: readKeep(keep) }) };
    await confirm(context, `Delete ${name}? It is stopped and its container is removed; its world stays on the host.`);
    const outcome = await runLong(serverDelete, request, context, { detach: isDetached, doing: `Deleting ${name}` });
    if ('job' in outcome) {
      tellJob(context, outcome.job);
      return undefined;
    }
    const { keptAt, stop } = outcome.reply;
    const how = stop === undefined || stop.saved === 'was-stopped' ? '' : `${stopSentence(name, stop)}; `;
    const until = context.globals.json || context.globals.quiet ? '' : await keptUntil(name, context);
    context.talk.done(outcome.reply, `${how}${name} is deleted; its world is kept at ${keptAt}${until}`);
    return undefined;
  },
});

/** `zedops server restore`. */
export const restoreCommand = command({
  words: 'server restore',
  summary: serverRestore.summary,
  details: ['Its container is made anew and stays off, unless --start is given.'],
  subject: serverRestore.subject,
  input: z.object({ server, start: z.boolean().default(false).describe('start it when it is restored') }),
  positional: ['server'],
  examples: ['zedops server restore alpha', 'zedops server restore alpha --start'],
  async run({ server: name, start }, context) {
    const doing = { detach: false, doing: `Restoring ${name}` };
    const restored = await runLong(serverRestore, { server: name }, context, doing);
    if ('job' in restored) return undefined;
    const { folder, world } = restored.reply;
    const what = world === 'present' ? ` with its world at ${folder}` : `, and ${folder} holds no world yet`;
    if (!start) {
      context.talk.done(restored.reply, `${name} is restored${what}; it is ${restored.reply.state}`);
      return undefined;
    }
    const begun = { detach: false, doing: `Starting ${name}` };
    const started = await runLong(serverStart, { server: name }, context, begun);
    if ('job' in started) return undefined;
    const reply = { ...restored.reply, ...started.reply };
    const time = duration(restored.seconds + started.seconds);
    context.talk.done(reply, `${name} is restored${what}; it is ${reply.state} after ${time}`);
    return undefined;
  },
});

/** `zedops server purge`. */
export const purgeCommand = command({
  words: 'server purge',
  summary: serverPurge.summary,
  details: [
    'Nothing brings the world back after that. Only a deleted server can be purged, and only while its host is online. --yes is not enough: its name is typed, at the terminal or after --confirm.',
    'With --forget, a server whose host does not come back is taken off the list, and its name and ports are free. Nothing is removed then: its data stays on that host.',
  ],
  subject: serverPurge.subject,
  input: z.object({
    server,
    confirm: serverPurge.request.shape.confirm.optional().describe('the name of the server once more'),
    forget: z.boolean().default(false).describe('only forget it, because its host does not come back'),
  }),
  positional: ['server'],
  flags: { confirm: { placeholder: 'name', completes: 'server' } },
  examples: [
    'zedops server purge alpha',
    'zedops server purge alpha --confirm alpha --json',
    'zedops server purge alpha --forget --confirm alpha',
  ],
  async run({ server: name, confirm: given, forget }, context) {
    const confirmed = given ?? (await askName(name, forget, context));
    const request = { server: name, confirm: confirmed };
    if (forget) {
      const manager = await context.manager();
      const reply = await manager.call(serverForget, request, context.signal);
      const where = reply.keptAt === undefined ? `on ${reply.host}` : `at ${reply.keptAt} on ${reply.host}`;
      const text = `${reply.name} is forgotten; what there is of its data stays ${where}; its name and ports are free`;
      context.talk.done(reply, text);
      return undefined;
    }
    const outcome = await runLong(serverPurge, request, context, { detach: false, doing: `Purging ${name}` });
    if ('job' in outcome) return undefined;
    const { files, bytes: size, folder } = outcome.reply;
    const gone =
      files === 0
        ? `there was nothing in ${folder}`
        : `${counted(files, 'file')} (${bytes(size)}) in ${folder} are gone`;
    context.talk.done(outcome.reply, `${outcome.reply.name} is purged: ${gone}; its name and ports are free`);
    return undefined;
  },
});

function readKeep(text: string): KeepDeleted {
  if (text === 'forever') return text;
  const seconds = readSpan(text, '--keep');
  if (seconds >= 3600) return seconds;
  throw new ZedopsError('INVALID_INPUT', `--keep: ${text} is less than an hour`, {
    hint: 'zedops server purge <server> removes the world of a deleted server at once',
  });
}

async function keptUntil(name: string, context: Context): Promise<string> {
  const manager = await context.manager();
  try {
    const { deletion } = (await manager.call(serverShow, { server: name }, context.signal)).server;
    if (deletion === undefined) return '';
    if (deletion.purgeAt === undefined) return ' until someone purges it';
    return ` until ${moment(deletion.purgeAt)}`;
  } catch (error) {
    // Whoever may delete and not look has their answer already.
    if (error instanceof ZedopsError) return '';
    throw error;
  }
}

async function askName(name: string, forget: boolean, context: Context): Promise<string> {
  if (!canAsk(context.io)) {
    const what = forget ? `Forgetting ${name} gives its name to others` : `Purging ${name} removes its world for good`;
    throw new ZedopsError('INVALID_INPUT', `${what}. Nobody can be asked here`, {
      hint: `say --confirm ${name} if it is meant`,
    });
  }
  const manager = await context.manager();
  const { server: shown } = await manager.call(serverShow, { server: name }, context.signal);
  const { deletion } = shown;
  if (deletion === undefined) {
    throw new ZedopsError('CONFLICT', `${shown.name} is not deleted, and only a deleted server can be purged`, {
      hint: `zedops server delete ${shown.name}`,
    });
  }
  const where = deletion.keptAt === undefined ? `on ${shown.host}` : `at ${deletion.keptAt} on ${shown.host}`;
  const warning = forget ? 'stays there, and ZedOps knows of it no more' : 'is removed for good';
  context.talk.warn(`the world of ${shown.name} ${where} ${warning}`);
  const typed = (await askLine(context, `Type ${shown.name} to go on: `)).trim();
  if (typed === shown.name) return typed;
  throw new ZedopsError('CANCELLED', 'Nothing was done: that is not its name');
}
