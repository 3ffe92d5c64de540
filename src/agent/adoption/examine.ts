import { lstat } from 'node:fs/promises';
import type { Clock } from '../../platform/clock.ts';
import type { AdoptionFacts, AdoptionSource, AdoptionWay } from '../../protocol/entities/adoption.ts';
import { ServerEnv, type ServerVolume } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { KnownTemplate } from '../../protocol/operations/adoption.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Registry } from '../servers/registry.ts';
import { measured, planFolders, refuseFullDisk, refuseUsed } from './folders.ts';
import { type FoundSource, findSource, sourceFolders } from './source.ts';
import { templateOf } from './template-of.ts';
import { worldsIn } from './worlds.ts';

/** What examining a source needs. */
export interface ExamineDeps {
  readonly runtime: Pick<Runtime, 'foreign'>;
  readonly registry: Pick<Registry, 'find' | 'all'>;
  readonly dataRoot: string;
  readonly clock: Clock;
  /** Refuses folders that processes of the host work in. */
  readonly refuseBusy: (folders: readonly string[]) => Promise<void>;
}

/** What is to be examined. */
export interface ExamineRequest {
  readonly name: string;
  readonly source: AdoptionSource;
  readonly way?: AdoptionWay | undefined;
  readonly template?: string | undefined;
  readonly templates: readonly KnownTemplate[];
}

const countMs = 60_000;

/**
 * Finds out all that matters before a server is adopted, and changes nothing.
 * @throws ZedopsError for what cannot be adopted, saying why.
 */
export async function examineSource(request: ExamineRequest, deps: ExamineDeps): Promise<AdoptionFacts> {
  const { clock } = deps;
  const found = await findSource(request.source, { foreign: deps.runtime.foreign, registry: deps.registry });
  const template = chooseTemplate(request, found.image);
  const volumes = (['bin', 'data', 'workshop'] as const).flatMap((folder): ServerVolume[] => {
    const path = template.volumes[folder];
    return path === undefined ? [] : [{ folder, path }];
  });
  const located = await locate(request, found, volumes, deps);
  const folders = await measured(located.folders, clock, clock.steady() + countMs);
  await refuseFullDisk(folders, deps.dataRoot);
  const data = folders.find(({ folder }) => folder === 'data')?.from;
  if (data === undefined) throw new ZedopsError('NOT_FOUND', 'The folder of the world is not on this host');
  const { uid, gid } = await lstat(data);
  const { original } = found;
  const own = Object.entries(original?.env ?? {}).filter(([key, value]) => original?.imageEnv[key] !== value);
  return {
    template: template.id,
    ...(found.image === undefined ? {} : { image: found.image }),
    ...(original === undefined
      ? {}
      : {
          original: {
            id: original.id,
            name: original.name,
            image: original.image,
            running: isUp(original.status),
            restart: original.restart.name,
          },
        }),
    env: plainEnv(own),
    imageEnv: plainEnv(Object.entries(original?.imageEnv ?? {})),
    ports: [...found.ports],
    limits: found.limits,
    folders,
    worlds: await worldsIn(data),
    owner: { uid, gid },
    warnings: [...located.warnings],
  };
}

/** The folders of a source, with where they go; what a running container other than the original uses is refused. */
export async function locate(
  { name, source, way }: Pick<ExamineRequest, 'name' | 'source' | 'way'>,
  found: FoundSource,
  volumes: readonly ServerVolume[],
  { runtime, registry, dataRoot, refuseBusy }: ExamineDeps,
) {
  const { folders: sources, warnings } = sourceFolders(volumes, found);
  const folders = await planFolders({
    ...{ name, dataRoot, sources, way },
    others: registry.all().map((server) => server.name),
    followsLinks: source.kind === 'container',
  });
  refuseUsed(folders, (await runtime.foreign?.list()) ?? [], found.original?.id);
  // The container that is adopted works in them itself, until it is stopped.
  if (!found.original) await refuseBusy(folders.map(({ from }) => from));
  const missing = [...sources].filter(([folder]) => !folders.some((planned) => planned.folder === folder));
  return { folders, warnings: [...warnings, ...missing.map(([, path]) => `${path} is not there, and left out`)] };
}

/** Says whether something runs, or is about to. */
export function isUp(status: string): boolean {
  return status === 'running' || status === 'paused' || status === 'restarting';
}

function chooseTemplate({ template, templates }: ExamineRequest, image: string | undefined): KnownTemplate {
  const chosen =
    template === undefined ? image && templateOf(image, templates) : templates.find(({ id }) => id === template);
  if (chosen) return chosen;
  throw new ZedopsError(
    'INVALID_INPUT',
    image === undefined ? 'A bare folder does not say which image it is for' : `No image template is for ${image}`,
    { hint: 'name one with --image; zedops image list shows them' },
  );
}

/** What of an env a server can have: names of variables, and values that are not endless. */
function plainEnv(entries: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(entries.filter(([key, value]) => ServerEnv.safeParse({ [key]: value }).success));
}
