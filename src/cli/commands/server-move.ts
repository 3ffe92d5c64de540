import * as z from 'zod';
import { ZedopsError } from '../../protocol/errors.ts';
import { imageShow } from '../../protocol/operations/image.ts';
import { serverClone, serverMove } from '../../protocol/operations/move.ts';
import { serverRelocate, serverTakeBack } from '../../protocol/operations/relocation.ts';
import { serverShow } from '../../protocol/operations/server.ts';
import { command } from '../grammar/command.ts';
import { runLong, tellJob } from '../grammar/from-operation.ts';
import { confirm } from '../input/prompt.ts';
import { duration, moment } from '../output/format.ts';

type TakenBack = z.output<typeof serverTakeBack.reply>;
const detach = z.boolean().default(false).describe('come back as soon as it has begun; prints the id of the job');
const { server, name, live, start } = serverClone.request.shape;

/** `zedops server clone`. */
export const serverCloneCommand = command({
  words: 'server clone',
  summary: serverClone.summary,
  details: [
    'The new server is on the same host. Its ports are the next free ones unless you give them; all other settings, passwords too, are those of the first server unless you give others. The world keeps its name inside its files.',
    'The first server must be stopped, so that the copy can be compared with it. With --live it saves and runs on; the copy is then as good as what a crash at that moment leaves.',
  ],
  subject: serverClone.subject,
  input: z.object({
    server,
    name,
    envFile: z.string().max(4096).optional().describe('settings that are to be others; - reads them from stdin'),
    env: z.array(z.string().max(65_536)).default([]).describe('one such setting; beats the file; not for secrets'),
    live,
    start,
    detach,
  }),
  positional: ['server', 'name'],
  flags: {
    name: { placeholder: 'new-name', completes: 'nothing' },
    envFile: { placeholder: 'file', completes: 'file' },
    env: { placeholder: 'KEY=value' },
    start: { help: 'do not start it when it is made' },
  },
  examples: [
    'zedops server clone alpha alpha-test --no-start',
    'zedops server clone alpha bravo --live --env SERVER_DEFAULT_PORT=17000',
  ],
  async run(given, context) {
    const manager = await context.manager();
    const env: Record<string, string> = Object.create(null);
    if (given.envFile !== undefined || given.env.length > 0) {
      const { server: source } = await manager.call(serverShow, { server: given.server }, context.signal);
      const texts = await manager.call(imageShow, { image: source.template }, context.signal);
      const { readEnv, readTemplate } = await import('../input/env-input.ts');
      const template = readTemplate(texts.id, texts.image, texts.template);
      const sources = { file: given.envFile, pairs: given.env, isChange: true };
      const read = await readEnv(sources, template, context.io);
      for (const key of read.exposed) {
        context.talk.warn(
          `${key} is a secret, and everyone on this machine could see it on the command line; use --env-file`,
        );
      }
      Object.assign(env, read.env);
    }
    const request = { server: given.server, name: given.name, env: { ...env }, live: given.live, start: given.start };
    const outcome = await runLong(serverClone, request, context, {
      detach: given.detach,
      doing: `Cloning ${given.server}`,
    });
    if ('job' in outcome) tellJob(context, outcome.job);
    else {
      const { state, ports, copy } = outcome.reply;
      const where = ports.map(({ port, protocol }) => `${port}/${protocol}`).join(', ');
      const how = copy === 'exact' ? 'compared with it' : 'copied while it ran, as a crash would leave it';
      context.talk.done(
        outcome.reply,
        `${given.name} is a clone of ${given.server}, ${how}; it has ${where} and is ${state} after ${duration(outcome.seconds)}`,
      );
    }
    return undefined;
  },
});

/** `zedops server move`. */
export const serverMoveCommand = command({
  words: 'server move',
  summary: serverMove.summary,
  details: [
    'On the same disk the folder goes over in one step. To another disk it is copied while the game runs, what changed since is copied while it is stopped, and both are compared; the original stays beside its old place as <name>.moved-<time> for 24 hours. Players are out from the stop to the start.',
    'With --to-host it goes to another host in the same way; it keeps its name, ports, settings and tags. It runs there before the first host lets go of it, and runs again where it was if anything fails. The original is kept there for 24 hours. Reports of crashes stay on the first host, and lines of the log are numbered anew.',
    'Where the host it went to dies within those 24 hours, --take-back runs it again on the first one, from the original; what was played since is lost. It must never run in two places: look that the dead host is switched off, and say so with zedops host revoke first.',
  ],
  subject: serverMove.subject,
  input: z.object({
    server: serverMove.request.shape.server,
    path: serverMove.request.shape.path.optional(),
    toHost: serverRelocate.request.shape.toHost.optional(),
    takeBack: z
      .boolean()
      .default(false)
      .describe('take it back from a host that is gone for good, with the world that --to-host has kept'),
    detach,
  }),
  positional: ['server'],
  flags: { path: { placeholder: 'dir', completes: 'nothing' }, toHost: { placeholder: 'host', completes: 'host' } },
  examples: [
    'zedops server move alpha --path /mnt/ssd/zomboid',
    'zedops server move alpha --to-host box-2',
    'zedops server move alpha --path /srv/zomboid --json',
    'zedops server move alpha --to-host box-1 --take-back',
  ],
  async run({ server: moved, path, toHost, takeBack, detach: isDetached }, context) {
    if ((path === undefined) === (toHost === undefined)) {
      throw new ZedopsError('INVALID_INPUT', `Say where ${moved} is to go: --path or --to-host, one of the two`, {
        hint: 'zedops server move --help',
      });
    }
    if (takeBack) {
      if (toHost === undefined) {
        throw new ZedopsError('INVALID_INPUT', '--take-back goes with --to-host, the host that has kept the world', {
          hint: 'zedops server move --help',
        });
      }
      await confirm(context, `Take ${moved} back to ${toHost}? What was played since it was moved away is lost.`);
      const manager = await context.manager();
      const taken = await manager.call(serverTakeBack, { server: moved, toHost }, context.signal);
      context.talk.done(taken, takenWords(taken, toHost));
      return undefined;
    }
    if (toHost !== undefined) {
      const outcome = await runLong(serverRelocate, { server: moved, toHost }, context, {
        detach: isDetached,
        doing: `Moving ${moved} to ${toHost}`,
      });
      if ('job' in outcome) tellJob(context, outcome.job);
      else {
        const { state } = outcome.reply;
        const after = duration(outcome.seconds);
        const words = `${moved} is on ${toHost} now and is ${state} after ${after}; the original is kept for 24 h`;
        context.talk.done(outcome.reply, words);
      }
      return undefined;
    }
    if (path === undefined) return undefined;
    const outcome = await runLong(serverMove, { server: moved, path }, context, {
      detach: isDetached,
      doing: `Moving ${moved}`,
    });
    if ('job' in outcome) {
      tellJob(context, outcome.job);
      return undefined;
    }
    const { folder, from, originalAt, state } = outcome.reply;
    const kept = originalAt === undefined ? '' : `; the original is kept for 24 h at ${originalAt}`;
    const words =
      from === undefined
        ? `${moved} lies in ${folder} already; it is ${state}`
        : `${moved} lies in ${folder} now and is ${state} after ${duration(outcome.seconds)}${kept}`;
    context.talk.done(outcome.reply, words);
    return undefined;
  },
});

function takenWords({ name, fromHost, keptSince, done, problem }: TakenBack, toHost: string): string {
  const lost =
    keptSince === undefined
      ? 'with the world it had when it was stopped for the move'
      : `with the world of ${moment(keptSince)}; what was played on ${fromHost} since is lost`;
  if (!done) return `${name} is on ${toHost} again, ${lost}; it starts as soon as ${toHost} answers`;
  return `${name} is on ${toHost} again, ${lost}${problem === undefined ? '' : `; it does not run: ${problem}`}`;
}
