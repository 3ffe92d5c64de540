import { join } from 'node:path';
import { systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { GameFacts } from '../../protocol/entities/server.ts';
import { decodeIni, parseIni } from '../../zomboid/world/ini.ts';
import { type EnabledMods, enabledMods, isModFolderOf, type ModBuild, modIds } from '../../zomboid/world/mods.ts';
import { entriesOf, readScripts, readSmall, type ScriptBudget, scriptBudget } from './read-scripts.ts';

const largestIni = 1024 * 1024;
const largestModInfo = 64 * 1024;
const mostMods = 2_000;
/** The game's number in the workshop. */
const workshopApp = '108600';

/**
 * The ids of the items that the enabled mods of a server have, at most `most`, sorted: from what `Mods=` and
 * `WorkshopItems=` of its ini name, as far as it was downloaded. `build` undefined: what a mod has for either.
 * No link is followed, and a mod that may not be read is left out.
 */
export async function readModItems(
  { volumes, worldName }: Pick<GameFacts, 'volumes' | 'worldName'>,
  folder: string,
  build: ModBuild | undefined,
  most: number,
): Promise<readonly string[]> {
  const mods = await enabledIn(join(folder, 'data', 'Server', `${worldName}.ini`));
  const ids = new Set<string>();
  if (mods.ids.size === 0) return [];
  const budget = { ...scriptBudget(), mods: mostMods };
  const found = (id: string): void => {
    if (ids.size < most) ids.add(id);
  };
  for (const mod of modFolders(volumes, folder, mods)) {
    await unlessRefused(() => readMods(mod, { mods, build, budget, found }));
  }
  return [...ids].sort();
}

interface Reading {
  readonly mods: EnabledMods;
  readonly build: ModBuild | undefined;
  readonly budget: ScriptBudget & { mods: number };
  readonly found: (id: string) => void;
}

async function enabledIn(path: string): Promise<EnabledMods> {
  const bytes = await readSmall(path, largestIni);
  return enabledMods(parseIni(bytes ? decodeIni(bytes).text : ''));
}

/** Folders in which mods lie, a folder each: downloaded beside the game, or put among the server's own files. */
function modFolders(
  volumes: GameFacts['volumes'],
  folder: string,
  { workshopItems }: EnabledMods,
): readonly (readonly string[])[] {
  const workshops = volumes.map((volume) =>
    volume.folder === 'workshop' ? [folder, 'workshop'] : [folder, volume.folder, 'steamapps', 'workshop'],
  );
  const downloaded = workshops.flatMap((workshop) =>
    workshopItems.map((item) => [...workshop, 'content', workshopApp, item, 'mods']),
  );
  return [...downloaded, [folder, 'data', 'mods']];
}

async function readMods(path: readonly string[], reading: Reading): Promise<void> {
  const [root = '', ...names] = path;
  let mods = root;
  for (const name of names) {
    mods = join(mods, name);
    // Each step is looked at, so that no link leads away from the server's own files.
    if ((await entriesOf(mods)).length === 0) return;
  }
  const folders = (await entriesOf(mods)).filter((entry) => entry.isDirectory());
  for (const { name } of folders) {
    if (reading.budget.mods === 0) return;
    reading.budget.mods -= 1;
    await readMod(join(mods, name), reading);
  }
}

async function readMod(mod: string, { mods, build, budget, found }: Reading): Promise<void> {
  const inside = (await entriesOf(mod)).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const parts = ['', ...inside].filter((name) => isModFolderOf(build, name));
  const infos = await Promise.all(['', ...parts].map((part) => readSmall(join(mod, part, 'mod.info'), largestModInfo)));
  const isEnabled = infos.some((info) => modIds(info?.toString('utf8') ?? '').some((id) => mods.ids.has(id)));
  if (!isEnabled) return;
  for (const part of parts) await readScripts(join(mod, part), budget, found);
}

/** The items of the game and of other mods are worth having without those of one that may not be read. */
async function unlessRefused(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes(systemErrorCode(error) ?? '')) throw error;
  }
}
