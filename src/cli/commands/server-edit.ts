import * as z from 'zod';
import { ZedopsError } from '../../protocol/errors.ts';
import { readCpuLimit } from '../../protocol/limit-text.ts';
import { serverEdit, serverRebuild } from '../../protocol/operations/server-edit.ts';
import { type Context, command } from '../grammar/command.ts';
import { runLong, tellJob } from '../grammar/from-operation.ts';
import { stopSentence } from '../input/leave.ts';
import { confirm } from '../input/prompt.ts';
import { changesText } from '../output/changes-text.ts';
import { duration } from '../output/format.ts';
import { plain } from '../output/talk.ts';
import { readMemory } from './server-create.ts';

const { server, image, tag, displayName, revision, later, dryRun, unset } = serverEdit.request.shape;

const input = z.object({
  server,
  envFile: z.string().max(4096).optional().describe('settings to set, the others stay; - reads them from stdin'),
  set: z
    .array(z.string().max(65_536))
    .default([])
    .describe('one setting; beats the file; not for secrets, which others could see'),
  unset,
  memory: z.string().optional().describe('memory limit, such as 4g or 512m; auto goes by Java’s heap'),
  cpus: z.string().optional().describe('CPU limit, such as 2 or 1.5; none takes it away'),
  image,
  tag,
  port: z.array(z.string().max(64)).default([]).describe('a port to move: game, direct or rcon'),
  displayName,
  revision,
  later,
  dryRun,
  detach: z.boolean().default(false).describe('come back as soon as the rebuild has begun; prints the id of the job'),
});

type Input = z.output<typeof input>;
type Reply = z.output<typeof serverEdit.reply>;

/** `zedops server edit`. */
export const serverEditCommand = command({
  words: 'server edit',
  summary: serverEdit.summary,
  details: [
    'It shows what changes before it does anything. A running server is stopped gracefully and gets a new container at once; where that does not get ready, the old one comes back. With --later it runs on until its next start or restart. A server whose host is away gets the change when the host is back.',
    'Changing image, build, branch or map of a server asks first, because its world may not load afterwards; ZedOps makes no backup before it. The world keeps its name.',
  ],
  subject: serverEdit.subject,
  input,
  positional: ['server'],
  flags: {
    envFile: { placeholder: 'file', completes: 'file' },
    set: { placeholder: 'KEY=value' },
    unset: { placeholder: 'KEY' },
    memory: { placeholder: 'size' },
    cpus: { placeholder: 'number' },
    port: { placeholder: 'name=number' },
    displayName: { placeholder: 'text' },
    revision: { placeholder: 'number' },
  },
  examples: [
    'zedops server edit alpha --set SERVER_MAX_PLAYERS=16 --memory 6g',
    'zedops server edit alpha --env-file alpha.env --later',
    'zedops server edit alpha --port game=16300 --dry-run',
  ],
  async run(given, context) {
    const request = await readRequest(given, context);
    const manager = await context.manager();
    const plan = await manager.call(serverEdit, { ...request, dryRun: true }, context.signal);
    if (given.dryRun) {
      context.talk.show(plan, () => planText(plan));
      return undefined;
    }
    if (plan.changes.length === 0) {
      context.talk.done(plan, `Nothing changes: ${plan.name} has these settings already`);
      return undefined;
    }
    if (!context.globals.json) context.talk.note(planText(plan));
    if (plan.risks.length > 0) {
      await confirm(context, `The world of ${plan.name} may not load afterwards, and no backup is made. Go on?`);
    }
    const sure = { ...request, revision: given.revision ?? plan.revision, acceptRisks: true };
    const edited = await manager.call(serverEdit, sure, context.signal);
    if (edited.applies !== 'rebuild') {
      context.talk.done(edited, `${edited.name} is changed; ${outcomes[edited.applies]}`);
      return undefined;
    }
    const outcome = await runLong(serverRebuild, { server: edited.name }, context, {
      detach: given.detach,
      doing: `Rebuilding ${edited.name}`,
    });
    if ('job' in outcome) {
      tellJob(context, outcome.job);
      return undefined;
    }
    const { stop, state } = outcome.reply;
    const stopped = stop === undefined ? '' : `${stopSentence(edited.name, stop)}; `;
    context.talk.done(
      { ...edited, rebuild: outcome.reply },
      `${stopped}${edited.name} is changed and ${state} after ${duration(outcome.seconds)}`,
    );
    return undefined;
  },
});

const outcomes: Readonly<Record<Exclude<Reply['applies'], 'rebuild'>, string>> = {
  nothing: 'its container stays',
  start: 'it takes effect at its next start or restart',
  return: 'its host is away and applies it when it is back',
};

function planText({ name, changes, risks, warnings, applies }: Reply): string {
  if (changes.length === 0) return `Nothing changes: ${name} has these settings already`;
  const how = { ...outcomes, rebuild: 'it needs a restart' }[applies];
  const lines = [
    ...risks.map((risk) => `risk: ${risk}`),
    ...warnings.map((warning) => `note: ${warning}`),
    `${name}: ${how}`,
  ];
  return `${changesText(changes)}\n${plain(lines.join('\n'))}`;
}

async function readRequest(given: Input, context: Context): Promise<z.input<typeof serverEdit.request>> {
  const { readEnvChanges } = await import('../input/env-changes.ts');
  const { set, exposed } = await readEnvChanges({ file: given.envFile, pairs: given.set }, context.io);
  for (const key of exposed) {
    context.talk.warn(
      `${key} is a secret, and everyone on this machine could see it on the command line; use --env-file`,
    );
  }
  const { memory, cpus } = given;
  return {
    server: given.server,
    set,
    unset: given.unset,
    ports: Object.fromEntries(given.port.map(readPort)),
    later: given.later,
    ...(memory === undefined ? {} : { memoryMb: memory === 'auto' ? null : readMemory(memory) }),
    ...(cpus === undefined ? {} : { cpus: cpus === 'none' ? null : readCpus(cpus) }),
    ...(given.image === undefined ? {} : { image: given.image }),
    ...(given.tag === undefined ? {} : { tag: given.tag }),
    ...(given.displayName === undefined ? {} : { displayName: given.displayName }),
    ...(given.revision === undefined ? {} : { revision: given.revision }),
  };
}

function readPort(text: string): readonly [string, number] {
  const match = /^(game|direct|rcon)=(\d{1,5})$/.exec(text);
  if (match) return [match[1] ?? '', Number(match[2])];
  throw new ZedopsError(
    'INVALID_INPUT',
    `--port: "${text}" is not such as game=16300; the names are game, direct, rcon`,
  );
}

function readCpus(text: string): number {
  const read = readCpuLimit(text);
  if ('value' in read) return read.value;
  throw new ZedopsError('INVALID_INPUT', `--cpus: ${read.fault}, nor "none"`);
}
