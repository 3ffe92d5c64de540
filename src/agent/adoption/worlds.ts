import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { FoundWorld } from '../../protocol/entities/adoption.ts';
import { decodeIni, iniValue, parseIni } from '../../zomboid/world/ini.ts';

const largestIni = 1024 * 1024;
const mostWorlds = 50;
const wantedKeys = ['DefaultPort', 'UDPPort', 'RCONPort', 'RCONPassword'] as const;

/** The worlds in a game's data folder, by name: those with an ini below `Server/`, and those with a save. */
export async function worldsIn(data: string): Promise<FoundWorld[]> {
  const files = await entriesOf(join(data, 'Server'));
  const saves = await entriesOf(join(data, 'Saves', 'Multiplayer'));
  const withSave = new Set(saves.filter((entry) => entry.isDirectory()).map(({ name }) => name));
  const inis = files.filter((entry) => entry.isFile() && entry.name.endsWith('.ini'));
  const names = new Set(inis.map(({ name }) => name.slice(0, -'.ini'.length)).filter(Boolean));
  // A save whose ini is gone is a world all the same; the game writes a space of its name as an underscore.
  const written = new Set([...names].map((name) => name.replaceAll(' ', '_')));
  for (const save of withSave) if (!written.has(save)) names.add(save);
  const found = [...names].sort().slice(0, mostWorlds);
  return Promise.all(
    found.map(async (name) => ({
      name,
      hasSave: withSave.has(name) || withSave.has(name.replaceAll(' ', '_')),
      ini: await readIni(join(data, 'Server', `${name}.ini`)),
    })),
  );
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error) || systemErrorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

async function readIni(path: string): Promise<Record<string, string>> {
  const text = await readText(path);
  if (text === undefined) return {};
  const document = parseIni(text);
  return Object.fromEntries(
    wantedKeys.flatMap((key) => {
      const value = iniValue(document, key)?.trim();
      return value === undefined || value === '' ? [] : [[key, value]];
    }),
  );
}

/** The text of an ini; undefined where there is none. A link in its place is not followed. */
async function readText(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { size } = await file.stat();
      return size > largestIni ? undefined : decodeIni(await file.readFile()).text;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error) || systemErrorCode(error) === 'ELOOP') return undefined;
    throw error;
  }
}
