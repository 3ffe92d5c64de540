import { type IniDocument, iniValue } from './ini.ts';

/** What a server's ini says of its mods. */
export interface EnabledMods {
  /** Ids from `Mods=`, without the backslash that build 42 writes before each. */
  readonly ids: ReadonlySet<string>;
  /** Ids of workshop items from `WorkshopItems=`, in its order. */
  readonly workshopItems: readonly string[];
}

/** The generation of a game, as far as it decides where a mod has its scripts. */
export type ModBuild = '41' | '42';

const mostMods = 1_000;
const mostIds = 32;

/** Reads the mods of a server's ini: `Mods=ModA;\ModB` and `WorkshopItems=2392709985;2784607980`. */
export function enabledMods(ini: IniDocument): EnabledMods {
  const ids = listed(iniValue(ini, 'Mods')).map((id) => id.replaceAll('\\', '').trim());
  const items = listed(iniValue(ini, 'WorkshopItems')).filter((item) => /^\d{1,20}$/.test(item));
  return { ids: new Set(ids.filter((id) => id !== '')), workshopItems: [...new Set(items)] };
}

/** The ids in a `mod.info`: one in most, in lines such as `id=Hydrocraft`. */
export function modIds(modInfo: string): readonly string[] {
  const ids = [...modInfo.matchAll(/^\s*id\s*=\s*(\S[^\r\n]{0,200})$/gm)].slice(0, mostIds);
  return ids.map(([, id = '']) => id.replaceAll('\\', '').trim());
}

/**
 * Says whether a folder of a mod counts for a build, by its name; the mod's own folder has the name `''`. Build 41 reads
 * the mod's own folder; build 42 reads `common` and folders of its versions, such as `42` and `42.13`.
 */
export function isModFolderOf(build: ModBuild | undefined, name: string): boolean {
  if (name === '') return build !== '42';
  if (build === '41') return false;
  return name === 'common' || /^42(?:\.\d{1,4}){0,2}$/.test(name);
}

function listed(value: string | undefined): readonly string[] {
  return (value ?? '')
    .split(';')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .slice(0, mostMods);
}
