import * as z from 'zod';
import { imageShow } from '../../protocol/operations/image.ts';
import { serverRetry } from '../../protocol/operations/plan.ts';
import { serverCreate, serverShow } from '../../protocol/operations/server.ts';
import { type Context, command } from '../grammar/command.ts';
import { runLong, tellJob } from '../grammar/from-operation.ts';
import { duration } from '../output/format.ts';
import { readLimits, warnOfExposed } from './server-create.ts';

const { server, image, pull } = serverRetry.request.shape;

const input = z.object({
  server,
  envFile: z.string().max(4096).optional().describe('settings in place of all there were; - reads them from stdin'),
  set: z
    .array(z.string().max(65_536))
    .default([])
    .describe('one setting that changes; the others stay; not for secrets, which others could see'),
  image,
  memory: z.string().optional().describe('memory limit, such as 4g or 512m'),
  cpus: serverCreate.request.shape.limits.unwrap().shape.cpus.describe('CPU limit, such as 2 or 1.5'),
  pull,
  detach: z.boolean().default(false).describe('come back as soon as it has begun; prints the id of the job'),
});

/** `zedops server retry`. */
export const serverRetryCommand = command({
  words: 'server retry',
  summary: serverRetry.summary,
  details: [
    'The server stays the same one, with its name and what it has on disk. A container that the failed try has left is stopped and removed first, because it has the old settings.',
  ],
  subject: serverRetry.subject,
  input,
  positional: ['server'],
  flags: {
    image: { placeholder: 'image', completes: 'image' },
    envFile: { placeholder: 'file', completes: 'file' },
    set: { placeholder: 'KEY=value' },
    memory: { placeholder: 'size' },
    cpus: { placeholder: 'number' },
  },
  examples: ['zedops server retry alpha', 'zedops server retry alpha --set SERVER_DEFAULT_PORT=16271'],
  async run(given, context) {
    const limits = readLimits(given);
    const request = {
      server: given.server,
      ...(await readSettings(given, context)),
      ...(given.image === undefined ? {} : { image: given.image }),
      ...(given.pull === undefined ? {} : { pull: given.pull }),
      ...(Object.keys(limits).length === 0 ? {} : { limits }),
    };
    const outcome = await runLong(serverRetry, request, context, {
      detach: given.detach,
      doing: `Retrying ${given.server}`,
    });
    if ('job' in outcome) tellJob(context, outcome.job);
    else {
      const { name, state } = outcome.reply;
      context.talk.done(outcome.reply, `${name} is created and ${state} after ${duration(outcome.seconds)}`);
    }
    return undefined;
  },
});

/** The settings that are to change, checked against the template as far as they can be here. */
async function readSettings(
  given: Pick<z.output<typeof input>, 'server' | 'image' | 'envFile' | 'set'>,
  context: Context,
): Promise<{ readonly env?: Record<string, string>; readonly set?: Record<string, string> }> {
  if (given.envFile === undefined && given.set.length === 0) return {};
  const manager = await context.manager();
  const { server: details } = await manager.call(serverShow, { server: given.server }, context.signal);
  const [id = details.template] = (given.image ?? details.template).split(':');
  const texts = await manager.call(imageShow, { image: id }, context.signal);
  const { readChanges, readEnv, readTemplate } = await import('../input/env-input.ts');
  const template = readTemplate(texts.id, texts.image, texts.template);
  const { env, exposed } =
    given.envFile === undefined
      ? readChanges(given.set, '--set', template)
      : await readEnv({ file: given.envFile, pairs: given.set }, template, context.io);
  warnOfExposed(exposed, context);
  return given.envFile === undefined ? { set: { ...env } } : { env: { ...env } };
}
