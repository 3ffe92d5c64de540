import { expect, test } from 'vitest';
import { parseIni } from './ini.ts';
import { enabledMods, isModFolderOf, modIds } from './mods.ts';

test('mods are read as both builds write them', () => {
  const read = (ini: string) => {
    const { ids, workshopItems } = enabledMods(parseIni(ini));
    return [[...ids], workshopItems];
  };
  expect(read('Mods=Hydrocraft;My Mod\nWorkshopItems=2392709985;2784607980;2392709985')).toEqual([
    ['Hydrocraft', 'My Mod'],
    ['2392709985', '2784607980'],
  ]);
  expect(read('Mods=\\ModA;\\Mod B;;\\\nWorkshopItems=12; 13 ;../..;x')).toEqual([
    ['ModA', 'Mod B'],
    ['12', '13'],
  ]);
  expect(read('Mods=\nPVP=true')).toEqual([[], []]);
});

test('a mod.info names its mod', () => {
  expect(modIds('name=Hydro\r\nid=Hydrocraft\r\nrequire=\\Other\r\n')).toEqual(['Hydrocraft']);
  expect(modIds('ID=x\nmodid=y\nid = \\ModA ')).toEqual(['ModA']);
  expect(modIds('')).toEqual([]);
});

test.each([
  ['41', [true, false, false, false, false]],
  ['42', [false, true, true, true, false]],
  [undefined, [true, true, true, true, false]],
] as const)('folders of a mod for build %s', (build, counts) => {
  expect(['', 'common', '42', '42.13', '43'].map((name) => isModFolderOf(build, name))).toEqual(counts);
});
