import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../../platform/files/atomic-file.ts';
import type { UnmanagedServer } from '../../protocol/entities/adoption.ts';
import type { KnownTemplate } from '../../protocol/operations/adoption.ts';
import type { ListedForeign } from '../runtime/foreign.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Registry } from '../servers/registry.ts';
import { serverIdLabel } from '../spec/spec-build.ts';
import { overlap } from './folders.ts';
import { isKeptOriginal } from './kept-name.ts';
import { isDataFolder } from './source.ts';
import { templateOf } from './template-of.ts';
import { worldsIn } from './worlds.ts';

/** What looking around needs. */
export interface LookAroundDeps {
  readonly runtime: Pick<Runtime, 'foreign'>;
  readonly registry: Pick<Registry, 'find' | 'all'>;
  readonly dataRoot: string;
}

const mostFound = 500;
/** Ports games are given, from the first on. */
const [firstPort, lastPort] = [16_261, 16_400];

/** Finds what looks like a game server on this host and belongs to none of ours, with why it does. */
export async function lookAround(
  templates: readonly KnownTemplate[],
  { runtime, registry, dataRoot }: LookAroundDeps,
): Promise<UnmanagedServer[]> {
  const found: UnmanagedServer[] = [];
  const all = (await runtime.foreign?.list()) ?? [];
  for (const container of all) {
    if (found.length >= mostFound) break;
    if (registry.find(container.labels[serverIdLabel] ?? '')) continue;
    const seen = await containerSeen(container, templates);
    if (seen) found.push(seen);
  }
  const taken = new Set(registry.all().map(({ name }) => name));
  for (const name of await foldersIn(dataRoot)) {
    if (found.length >= mostFound) break;
    if (taken.has(name)) continue;
    const folder = join(dataRoot, name);
    const data = (await isDataFolder(folder)) ? folder : join(folder, 'data');
    const isMounted = all.some(({ mounts }) => mounts.some(({ from }) => from !== '' && overlap(from, data)));
    if (isMounted || !(await isDataFolder(data))) continue;
    const worlds = (await worldsIn(data)).map((world) => world.name);
    found.push({
      kind: 'folder',
      name: folder,
      ports: [],
      worlds,
      because: ['it has Server and Saves, and no server'],
    });
  }
  return found;
}

async function containerSeen(
  container: ListedForeign,
  templates: readonly KnownTemplate[],
): Promise<UnmanagedServer | undefined> {
  const { id, name, image, status, labels, mounts, ports } = container;
  const template = templateOf(image, templates)?.id;
  const because: string[] = [];
  if (template !== undefined) because.push(`its image is that of the template ${template}`);
  const label = Object.keys(labels).find((key) => key.startsWith('zedops.') || key.startsWith('pz.'));
  if (label !== undefined) because.push(`it has the label ${label}`);
  const worlds: string[] = [];
  for (const { from, to } of mounts) {
    for (const data of from === '' ? [] : [from, join(from, 'Zomboid')]) {
      if (!(await isDataFolder(data))) continue;
      because.push(`Server and Saves lie in ${data}, mounted at ${to}`);
      worlds.push(...(await worldsIn(data)).map((world) => world.name));
    }
  }
  const port = ports.find(({ inside, protocol }) => protocol === 'udp' && inside >= firstPort && inside <= lastPort);
  if (port) because.push(`it listens on ${port.inside}/udp`);
  if (because.length === 0) return undefined;
  if (isKeptOriginal(name)) because.unshift('it is what a server was adopted from, and is kept');
  return {
    ...{ kind: 'container', name, id, image, status, worlds: [...new Set(worlds)], because },
    ...(template === undefined ? {} : { template }),
    ports: ports.flatMap(({ published, protocol }) => (published === undefined ? [] : [`${published}/${protocol}`])),
  };
}

async function foldersIn(dataRoot: string): Promise<string[]> {
  try {
    const entries = await readdir(dataRoot, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() && !entry.name.startsWith('.') ? [entry.name] : []));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
