import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { iniValue, parseIni } from '../zomboid/world/ini.ts';
import { dialectOf } from './dialect.ts';
import { createServerOptions, prepareFolders, prepareRules } from './server-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zedops-options-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.each([
  [41, 139, 'Minimum=0 Maximum=1000 Default=2'],
  [42, 144, 'Min: 0 Max: 1000 Default: 2'],
] as const)('the ini of build %i', (build, keys, bounds) => {
  test('is written whole: known keys kept, unknown ones and comments dropped, the rest filled in', () => {
    const path = join(folder, 'a.ini');
    writeFileSync(path, '# mine\nMaxPlayers=12\nMods=A;B\nNoSuchKey=1\nPVP=FALSE');
    const options = createServerOptions(path, dialectOf(build));
    expect(options.reload()).toEqual([]);
    options.write();
    const text = readFileSync(path, 'utf8');
    const ini = parseIni(text);
    expect(['MaxPlayers', 'Mods', 'PVP', 'NoSuchKey', 'RCONPort'].map((key) => iniValue(ini, key))).toEqual([
      ...['12', 'A;B', 'false', undefined, '27015'],
    ]);
    expect(text).not.toContain('# mine');
    expect(text).toContain(`# ${bounds}\nSafetyToggleTimer=2\n\n`);
    expect(text.endsWith('\n')).toBe(false);
    expect(ini.lines.filter((line) => line.key !== undefined)).toHaveLength(keys);
  });

  test('is the same after another start, random ids included', () => {
    const path = join(folder, 'a.ini');
    const write = (): string => {
      const options = createServerOptions(path, dialectOf(build));
      options.reload();
      options.write();
      return readFileSync(path, 'utf8');
    };
    expect(write()).toBe(write());
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  test('keeps the value it had where the file has one out of range, and complains', () => {
    const path = join(folder, 'a.ini');
    writeFileSync(path, 'MaxPlayers=9999\nPVP=maybe\n');
    const options = createServerOptions(path, dialectOf(build));
    expect(options.reload()).toEqual([
      'setValue() "PVP" string="maybe"',
      'IntegerConfigOption.parse() "MaxPlayers" string="9999"',
    ]);
    expect(options.get('MaxPlayers')).toBe('32');
  });
});

test.each([
  ['SandboxVars = {\n    VERSION = 6,\n}\n', true],
  ['\uFEFFSandboxVars = {\n}\n', false],
  ['return {\n}\n', false],
  ['SandboxVars = {\n', false],
])('loads the rules %j: %s', (text, isLoaded) => {
  const prepared = prepareFolders(folder, 'a');
  if (!('paths' in prepared)) throw new Error(prepared.fault);
  writeFileSync(prepared.paths.sandbox, text);
  expect(prepareRules(prepared.paths, dialectOf(42))).toBe(isLoaded);
});
