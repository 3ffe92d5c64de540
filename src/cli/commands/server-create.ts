import * as z from 'zod';
import { ZedopsError } from '../../protocol/errors.ts';
import { readMemoryLimit } from '../../protocol/limit-text.ts';
import { imageShow } from '../../protocol/operations/image.ts';
import { serverPlan } from '../../protocol/operations/plan.ts';
import { serverCreate } from '../../protocol/operations/server.ts';
import { type Context, command } from '../grammar/command.ts';
import { runLong, tellJob } from '../grammar/from-operation.ts';
import { duration } from '../output/format.ts';
import { createPaint } from '../output/paint.ts';
import { planText } from '../output/plan-text.ts';

const { name, host, image, pull, start, useExistingData } = serverCreate.request.shape;

const input = z.object({
  name,
  host,
  image,
  envFile: z.string().max(4096).optional().describe('settings of the game; - reads them from stdin'),
  env: z
    .array(z.string().max(65_536))
    .default([])
    .describe('one setting; beats the file; not for secrets, which others could see'),
  memory: z.string().optional().describe('memory limit, such as 4g or 512m'),
  cpus: serverCreate.request.shape.limits.unwrap().shape.cpus.describe('CPU limit, such as 2 or 1.5'),
  pull,
  start,
  useExistingData: useExistingData
    .unwrap()
    .default(false)
    .describe('take over what its folder on the host holds already'),
  dryRun: z.boolean().default(false).describe('check all, print the plan and stop'),
  detach: z.boolean().default(false).describe('come back as soon as it has begun; prints the id of the job'),
});

/** `zedops server create`. */
export const serverCreateCommand = command({
  words: 'server create',
  summary: 'Create a server from an env file, and start it',
  details: [
    'The settings are checked against the image’s template before anything is sent; every fault is told with its line and column. zedops server template prints the file to fill in.',
    'Before anything is made, name, ports, disk, memory, image and data folder are checked with the host; --dry-run prints what was found and stops. A create that fails after that is continued by zedops server retry.',
  ],
  subject: serverCreate.subject,
  input,
  positional: ['name'],
  flags: {
    name: { completes: 'nothing' },
    image: { placeholder: 'image' },
    envFile: { placeholder: 'file', completes: 'file' },
    env: { placeholder: 'KEY=value' },
    memory: { placeholder: 'size' },
    cpus: { placeholder: 'number' },
    start: { help: 'do not start it when it is made' },
  },
  exits: { 10: 'with --dry-run: a check refuses' },
  examples: [
    'zedops server create alpha --host box-1 --env-file alpha.env',
    'zedops server create alpha --env-file alpha.env --dry-run',
    'zedops server create beta --image danixu:latest --env-file beta.env --memory 6g --cpus 2 --no-start',
  ],
  async run(given, context) {
    const manager = await context.manager();
    const [id = given.image] = given.image.split(':');
    const texts = await manager.call(imageShow, { image: id }, context.signal);
    const { readEnv, readTemplate } = await import('../input/env-input.ts');
    const template = readTemplate(texts.id, texts.image, texts.template);
    const { env, exposed } = await readEnv({ file: given.envFile, pairs: given.env }, template, context.io);
    warnOfExposed(exposed, context);
    const request = {
      name: given.name,
      image: given.image,
      env: { ...env },
      start: given.start,
      limits: readLimits(given),
      ...(given.host === undefined ? {} : { host: given.host }),
      ...(given.pull === undefined ? {} : { pull: given.pull }),
      ...(given.useExistingData ? { useExistingData: true } : {}),
    };
    if (given.dryRun) {
      const reply = await manager.call(serverPlan, request, context.signal);
      const paint = await createPaint(context.globals.color);
      context.talk.show(reply, () => planText(reply.plan, paint));
      return reply.plan.isPossible ? undefined : 10;
    }
    const outcome = await runLong(serverCreate, request, context, {
      detach: given.detach,
      doing: `Creating ${given.name}`,
    });
    if ('job' in outcome) tellJob(context, outcome.job);
    else {
      const { state } = outcome.reply;
      context.talk.done(outcome.reply, `${given.name} is created and ${state} after ${duration(outcome.seconds)}`);
    }
    return undefined;
  },
});

/** Says which secrets were given where everyone on this machine could see them. */
export function warnOfExposed(keys: readonly string[], { talk }: Pick<Context, 'talk'>): void {
  for (const key of keys) {
    talk.warn(`${key} is a secret, and everyone on this machine could see it on the command line; use --env-file`);
  }
}

/** The limits of a server as `--memory` and `--cpus` say them. @throws ZedopsError INVALID_INPUT */
export function readLimits({
  memory,
  cpus,
}: {
  readonly memory?: string | undefined;
  readonly cpus?: number | undefined;
}): { readonly memoryMb?: number; readonly cpus?: number } {
  return {
    ...(memory === undefined ? {} : { memoryMb: readMemory(memory) }),
    ...(cpus === undefined ? {} : { cpus }),
  };
}

/** Reads a size of memory as MiB. @throws ZedopsError INVALID_INPUT */
export function readMemory(text: string): number {
  const read = readMemoryLimit(text);
  if ('value' in read) return read.value;
  throw new ZedopsError('INVALID_INPUT', `--memory: ${read.fault}`);
}
