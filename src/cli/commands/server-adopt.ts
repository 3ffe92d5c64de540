import * as z from 'zod';
import type { AdoptionPlan, AdoptionSource } from '../../protocol/entities/adoption.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverAdopt, serverAdoptPlan } from '../../protocol/operations/adoption.ts';
import { type Context, command } from '../grammar/command.ts';
import { runLong, tellJob } from '../grammar/from-operation.ts';
import { confirm } from '../input/prompt.ts';
import { bytes, type Cell, counted, duration, pairs, table } from '../output/format.ts';
import { createPaint } from '../output/paint.ts';
import { plain } from '../output/talk.ts';

const { name, host, image, start } = serverAdopt.request.shape;

const input = z.object({
  name,
  host,
  container: z.string().max(256).optional().describe('container to adopt, by name or id'),
  data: z
    .string()
    .max(4096)
    .optional()
    .describe('folder to adopt: one with Server and Saves, or what holds it as data'),
  compose: z.string().max(4096).optional().describe('compose file to adopt a service of; its paths are the host’s'),
  service: z.string().max(256).optional().describe('service of the compose file, where it has several'),
  image,
  envFile: z.string().max(4096).optional().describe('settings that beat what is found; - reads them from stdin'),
  env: z
    .array(z.string().max(65_536))
    .default([])
    .describe('one such setting; not for secrets, which others could see'),
  copy: z.boolean().default(false).describe('copy the world below the data root; the original keeps its own'),
  inPlace: z.boolean().default(false).describe('take the world over where it is, or by a move below the data root'),
  start,
  dryRun: z.boolean().default(false).describe('show what it would do, and stop'),
  detach: z.boolean().default(false).describe('come back as soon as it has begun; prints the id of the job'),
});

/** `zedops server adopt`. */
export const serverAdoptCommand = command({
  words: 'server adopt',
  summary: 'Adopt a server that ZedOps did not make, with its world',
  details: [
    'zedops server list --unmanaged shows what there is. The plan is shown before anything is done.',
    'The original is stopped with a save, renamed to <name>.before-zedops and kept; where the adopted server does not become ready, everything is put back. A copy is compared with the original, file by file.',
  ],
  subject: serverAdopt.subject,
  input,
  positional: ['name'],
  flags: {
    name: { completes: 'nothing' },
    container: { placeholder: 'container' },
    data: { placeholder: 'path' },
    compose: { placeholder: 'file', completes: 'file' },
    image: { placeholder: 'image' },
    envFile: { placeholder: 'file', completes: 'file' },
    env: { placeholder: 'KEY=value' },
    start: { help: 'do not start it when it is adopted' },
  },
  examples: [
    'zedops server adopt alpha --host box-1 --container zomboid --copy --dry-run',
    'zedops server adopt beta --data /srv/zomboid --image danixu --env-file beta.env --copy',
    'zedops server adopt gamma --compose compose.yaml --in-place --yes',
  ],
  async run(given, context) {
    const { source, composeEnv } = await sourceOf(given);
    const request = {
      ...{ name: given.name, source, composeEnv, env: await overrides(given, context) },
      ...(given.host === undefined ? {} : { host: given.host }),
      ...(given.image === undefined ? {} : { image: given.image }),
      ...wayOf(given),
    };
    const manager = await context.manager();
    const { plan } = await manager.call(serverAdoptPlan, request, context.signal);
    if (given.dryRun) {
      const text = context.globals.json ? '' : await describe(plan, context);
      context.talk.show({ plan }, () => text);
      return undefined;
    }
    if (!context.globals.yes && !context.globals.quiet) context.talk.note(await describe(plan, context));
    await confirm(context, question(plan));
    const outcome = await runLong(serverAdopt, { ...request, start: given.start }, context, {
      detach: given.detach,
      doing: `Adopting ${given.name}`,
    });
    if ('job' in outcome) tellJob(context, outcome.job);
    else {
      const { state, keptAs } = outcome.reply;
      const kept = keptAs === undefined ? '' : `; the original is kept, stopped, as ${keptAs}`;
      context.talk.done(
        outcome.reply,
        `${given.name} is adopted and ${state} after ${duration(outcome.seconds)}${kept}`,
      );
    }
    return undefined;
  },
});

type Given = z.output<typeof input>;

async function sourceOf({ container, data, compose, service }: Given) {
  const named = [container, data, compose].filter((one) => one !== undefined);
  if (named.length !== 1) {
    throw new ZedopsError('INVALID_INPUT', 'Say what to adopt: one of --container, --data and --compose', {
      hint: 'zedops server list --unmanaged',
    });
  }
  if (compose !== undefined) {
    const { readCompose } = await import('../input/compose-input.ts');
    const { source, env } = await readCompose(compose, service);
    return { source, composeEnv: { ...env } };
  }
  if (service !== undefined) throw new ZedopsError('INVALID_INPUT', '--service goes with --compose');
  const source: AdoptionSource =
    container === undefined ? { kind: 'folder', path: data ?? '' } : { kind: 'container', container };
  if (source.kind === 'folder' && !source.path.startsWith('/')) {
    throw new ZedopsError('INVALID_INPUT', `--data: "${source.path}" is not an absolute path of the host`);
  }
  return { source, composeEnv: {} };
}

async function overrides({ envFile, env }: Given, context: Context): Promise<Record<string, string>> {
  if (envFile === undefined && env.length === 0) return {};
  const { readPairs } = await import('../input/env-pairs.ts');
  return readPairs({ file: envFile, pairs: env }, context.io);
}

function wayOf({ copy, inPlace }: Given) {
  if (copy && inPlace) throw new ZedopsError('INVALID_INPUT', '--copy and --in-place exclude one another');
  return copy ? { way: 'copy' as const } : inPlace ? { way: 'in-place' as const } : {};
}

function question({ name, original, folders }: AdoptionPlan): string {
  const stops = original?.running ? `${original.name} is stopped` : 'nothing has to be stopped';
  const copied = folders.filter(({ how }) => how === 'copy').length;
  const moved = folders.filter(({ how }) => how === 'move').length;
  const what = [
    copied > 0 ? `${counted(copied, 'folder')} copied` : '',
    moved > 0 ? `${counted(moved, 'folder')} moved` : '',
  ].filter(Boolean);
  return `Adopt ${name}? ${[stops, ...what].join(', ')}.`;
}

const ways = { stay: 'stays', move: 'is moved to', copy: 'is copied to' } as const;

async function describe(plan: AdoptionPlan, context: Context): Promise<string> {
  const paint = await createPaint(context.globals.color);
  const { original, owner, limits } = plan;
  const head = pairs([
    ['name', plan.name],
    ['host', plan.host],
    ['image', `${plan.image} (template ${plan.template})`],
    ['world', plan.world],
    ['ports', plan.ports.map(({ name: use, port, protocol }) => `${use} ${port}/${protocol}`).join(', ')],
    ['memory', limits.memoryMb === undefined ? undefined : bytes(limits.memoryMb * 1024 * 1024)],
    ['cpus', limits.cpus === undefined ? undefined : String(limits.cpus)],
    ['files of', owner === undefined ? undefined : `${owner.uid}:${owner.gid}`],
    ['original', original && `${original.name}${original.running ? ', is stopped' : ''}, kept as ${original.keptAs}`],
  ]);
  const folders = plan.folders.map(({ folder, from, to, how, bytes: size }): Cell[] => [
    folder,
    how === 'stay' ? `${from} ${ways.stay}` : `${from} ${ways[how]} ${to}`,
    size === undefined ? undefined : bytes(size),
  ]);
  const settings = plan.settings.map(({ key, value, from }): Cell[] => [key, value, from]);
  const parts = [
    head,
    `${paint.bold('Folders')}\n${table([], folders)}`,
    `${paint.bold('Settings')}\n${table([], settings)}`,
    plan.leftOut.length === 0 ? '' : `left out, no settings of the image: ${plan.leftOut.join(', ')}`,
    plain(plan.warnings.map((warning) => `warning: ${warning}`).join('\n')),
  ];
  return parts.filter(Boolean).join('\n\n');
}
