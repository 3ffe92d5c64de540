import { randomBytes, randomInt } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeIni, iniValues, parseIni } from '../zomboid/world/ini.ts';
import type { Dialect } from './dialect.ts';
import { optionTakes, type ServerOption, serverOptions } from './server-options.ts';

/** The options of a server, and the ini in which they stand. */
export interface ServerOptions {
  get(key: string): string;
  /** Finds an option by its name in any case. */
  find(key: string): ServerOption | undefined;
  /** @returns false for a value that the option does not take; the old one stays. */
  set(option: ServerOption, value: string): boolean;
  /** All of them in the order of the file. */
  all(): readonly (readonly [key: string, value: string])[];
  /** Reads the file again. @returns what the game complains of. */
  reload(): readonly string[];
  /** Writes the whole file, as the game does it: comments of its own, no keys that it does not know. */
  write(): void;
}

/** The options of an ini that may not exist yet. Nothing is read or written before {@link ServerOptions.reload}. */
export function createServerOptions(path: string, dialect: Dialect): ServerOptions {
  const options = serverOptions(dialect.build);
  const values = new Map(options.map((option) => [option.key, firstValue(option)]));
  const byName = new Map(options.map((option) => [option.key.toLowerCase(), option]));

  const set = (option: ServerOption, value: string): boolean => {
    if (!optionTakes(option, value)) return false;
    values.set(option.key, option.kind === 'boolean' ? value.toLowerCase() : value);
    return true;
  };
  return {
    get: (key) => values.get(key) ?? '',
    find: (key) => byName.get(key.toLowerCase()),
    set,
    all: () => [...values],
    reload() {
      if (!existsSync(path)) return [];
      const read = iniValues(parseIni(decodeIni(readFileSync(path)).text));
      const complaints: string[] = [];
      for (const option of options) {
        const value = read.get(option.key);
        if (value === undefined || set(option, value)) continue;
        const place = option.kind === 'integer' ? 'IntegerConfigOption.parse()' : 'setValue()';
        complaints.push(`${place} "${option.key}" string="${value}"`);
      }
      return complaints;
    },
    write() {
      const blocks = options.map((option) => {
        const line = `${option.key}=${values.get(option.key) ?? ''}`;
        if (!option.range) return line;
        const [least, most] = option.range;
        return `# ${dialect.bounds(least, most, option.fallback)}\n${line}`;
      });
      // Passwords stand in it.
      writeFileSync(path, blocks.join('\n\n'), { mode: 0o600 });
    },
  };
}

function firstValue(option: ServerOption): string {
  if (option.fallback !== 'random') return option.fallback;
  return option.key === 'Seed' ? randomBytes(8).toString('hex') : String(randomInt(1, 1_000_000_000));
}

/** Where the files of a server lie below its data folder. */
export interface ServerPaths {
  readonly ini: string;
  readonly sandbox: string;
  readonly spawnRegions: string;
  readonly database: string;
  readonly world: string;
  readonly logs: string;
}

/** The paths of a server's files, with their folders made, or why they cannot be. */
export function prepareFolders(
  dataFolder: string,
  name: string,
): { readonly paths: ServerPaths } | { readonly fault: string } {
  const server = join(dataFolder, 'Server');
  const paths = {
    ini: join(server, `${name}.ini`),
    sandbox: join(server, `${name}_SandboxVars.lua`),
    spawnRegions: join(server, `${name}_spawnregions.lua`),
    database: join(dataFolder, 'db', `${name}.db`),
    world: join(dataFolder, 'Saves', 'Multiplayer', name),
    logs: join(dataFolder, 'Logs'),
  };
  try {
    for (const folder of [server, join(dataFolder, 'db'), join(dataFolder, 'mods'), paths.world, paths.logs]) {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
    }
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
  return { paths };
}

/**
 * Writes the world's rules and the spawn regions where there are none.
 * @returns false when rules are there that the game could not load: a byte order mark, or no `SandboxVars = {`.
 */
export function prepareRules(paths: ServerPaths, dialect: Dialect): boolean {
  if (!existsSync(paths.spawnRegions)) writeFileSync(paths.spawnRegions, spawnRegions());
  if (!existsSync(paths.sandbox)) {
    writeFileSync(paths.sandbox, sandboxVars(dialect.sandboxVersion));
    return true;
  }
  const text = readFileSync(paths.sandbox, 'utf8');
  const firstCode = text.split(/\r?\n/).find((line) => line.trim() !== '' && !line.trim().startsWith('--'));
  return /^SandboxVars\s*=\s*\{/.test(firstCode ?? '') && text.trimEnd().endsWith('}');
}

function sandboxVars(version: number): string {
  return `SandboxVars = {
    VERSION = ${version},
    -- 1 = Insane, 4 = Normal, 6 = None
    Zombies = 4,
    DayLength = ${version === 5 ? 2 : 4},
    StartMonth = 7,
    WaterShutModifier = 14,
    ElecShutModifier = 14,
    Map = {
        AllowMiniMap = false,
        AllowWorldMap = true,
    },
    ZombieLore = {
        Speed = 2,
        Strength = 2,
        Toughness = 2,
    },
    ZombieConfig = {
        PopulationMultiplier = 1.0,
    },
}
`;
}

function spawnRegions(): string {
  const towns = ['Muldraugh, KY', 'West Point, KY', 'Rosewood, KY', 'Riverside, KY'];
  const rows = towns.map((town) => `        { name = "${town}", file = "media/maps/${town}/spawnpoints.lua" },`);
  return ['function SpawnRegions()', '    return {', ...rows, '    }', 'end', ''].join('\n');
}
