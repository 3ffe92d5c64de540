import { lstat, readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type * as z from 'zod';
import { isMissing } from '../../platform/files/atomic-file.ts';
import type { DiskRoom, HostReadiness } from '../../protocol/entities/plan.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { hostPreflight } from '../../protocol/operations/plan.ts';
import type { Runtime, SurveyedContainer } from '../runtime/runtime.ts';
import { ownFiles } from '../spec/compose.ts';
import { serverFolder, worldPresent } from '../spec/server-folders.ts';
import type { HostPorts } from './host-ports.ts';

/** Looks at this host before a server is made on it. It changes nothing. */
export interface Preflight {
  look(wanted: z.output<typeof hostPreflight.request>): Promise<HostReadiness>;
}

/** What {@link createPreflight} is made of. */
export interface PreflightDeps {
  readonly runtime: Pick<Runtime, 'kind' | 'list' | 'survey'>;
  readonly hostPorts: HostPorts;
  /** Every data root of this host. */
  readonly roots: readonly string[];
  /** The data root below which a server of that name has its folder, or is to have it. */
  readonly rootOf: (name: string) => string;
}

/** Makes what looks. */
export function createPreflight({ runtime, hostPorts, roots, rootOf }: PreflightDeps): Preflight {
  const { survey } = runtime;

  const named = async (name: string): Promise<boolean> => {
    const all: readonly Pick<SurveyedContainer, 'name'>[] = survey ? await survey.containers() : await runtime.list();
    return all.some((container) => container.name === name);
  };

  const image = async ({
    reference,
    pull,
  }: z.output<typeof hostPreflight.request>['image']): Promise<HostReadiness['image']> => {
    if (!survey) return undefined;
    const isPresent = await survey.hasImage(reference);
    const isAsked = pull === 'always' || (pull === 'missing' && !isPresent);
    return { isPresent, ...(isAsked ? await survey.registry(reference) : {}) };
  };

  const imageDisk = async (dataRoot: string): Promise<DiskRoom | undefined> => {
    if (!survey) return undefined;
    const folder = await survey.imageFolder();
    return (await isSameDisk(folder, dataRoot)) ? undefined : roomOf(folder);
  };

  return {
    async look(wanted) {
      const dataRoot = rootOf(wanted.name);
      const others = roots.filter((root) => root !== dataRoot);
      const containerName = `${wanted.image.template}-${wanted.name}`;
      const [disk, otherDisks, folder, engine] = await Promise.all([
        roomOf(dataRoot),
        Promise.all(others.map(roomOf)),
        lookAtFolder(wanted, dataRoot, others),
        unlessSilent(async () => ({
          taken: await hostPorts.taken(wanted.ports),
          image: await image(wanted.image),
          imageDisk: await imageDisk(dataRoot),
          isNamed: await named(containerName),
        })),
      ]);
      if (!disk) {
        throw new ZedopsError('NOT_FOUND', `The data root ${dataRoot} is not there`, {
          hint: 'create it on the host, or set agent.dataRoot',
        });
      }
      const rooms = otherDisks.filter((room) => room !== undefined);
      const found = { disk, folder, ...(rooms.length === 0 ? {} : { otherDisks: rooms }) };
      if ('blind' in engine) return { taken: [], ...found, blind: engine.blind };
      return {
        taken: [...engine.taken],
        ...found,
        ...(engine.image === undefined ? {} : { image: engine.image }),
        ...(engine.imageDisk === undefined ? {} : { imageDisk: engine.imageDisk }),
        ...(engine.isNamed ? { sameName: containerName } : {}),
      };
    },
  };
}

/** An engine that does not answer is something to be told, not a reason to tell nothing. */
async function unlessSilent<Result>(ask: () => Promise<Result>): Promise<Result | { readonly blind: string }> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ZedopsError && error.code === 'UNREACHABLE') return { blind: error.message };
    throw error;
  }
}

async function lookAtFolder(
  { name, worldName }: z.output<typeof hostPreflight.request>,
  dataRoot: string,
  otherRoots: readonly string[],
): Promise<HostReadiness['folder']> {
  const path = serverFolder({ name }, dataRoot);
  const alsoAt = await occupiedIn(otherRoots, name);
  const more = alsoAt.length === 0 ? {} : { alsoAt };
  const there = await unlessMissing(() => lstat(path));
  if (!there) return { path, state: 'absent', hasWorld: false, ...more };
  if (!there.isDirectory()) return { path, state: 'in-the-way', hasWorld: false, ...more };
  const hasWorld = await worldPresent({ name, game: { worldName } }, dataRoot);
  return { path, state: (await holdsSomething(path)) ? 'occupied' : 'empty', hasWorld, ...more };
}

/** Where in some data roots a server's folder would find something that lies there already. */
async function occupiedIn(roots: readonly string[], name: string): Promise<string[]> {
  const found: string[] = [];
  for (const root of roots) {
    const path = serverFolder({ name }, root);
    const there = await unlessMissing(() => lstat(path));
    if (there && (!there.isDirectory() || (await holdsSomething(path)))) found.push(path);
  }
  return found;
}

/** Says whether a server's folder has anything in it but empty folders and the files that ZedOps writes anew. */
async function holdsSomething(path: string): Promise<boolean> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (!entry.isDirectory()) {
      if (!ownFiles.includes(entry.name)) return true;
    } else if ((await readdir(join(path, entry.name))).length > 0) return true;
  }
  return false;
}

/** Undefined for a folder that is not there, or that this process may not look at. */
async function roomOf(path: string): Promise<DiskRoom | undefined> {
  const found = await unlessMissing(() => statfs(path));
  if (!found) return undefined;
  const { bavail, blocks, bsize } = found;
  return { path, freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

async function isSameDisk(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([unlessMissing(() => stat(one)), unlessMissing(() => stat(other))]);
  return a === undefined || b === undefined || a.dev === b.dev;
}

async function unlessMissing<Result>(look: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
