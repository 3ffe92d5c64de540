import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, isoTime, pause } from '../platform/clock.ts';
import { writeAtomically } from '../platform/files/atomic-file.ts';
import type { Dialect } from './dialect.ts';
import { openWorldDatabases, type SavedPlayer } from './world-databases.ts';

/** Name of the file, beside the world's own, that says which save was the last to be completed. It is not the game's. */
export const lastSaveFile = 'zedops-simulator-last-save.json';

/** What made the game save. */
export type SaveReason = 'command' | 'autosave' | 'quit' | 'signal';

/** The folder `Saves/Multiplayer/<name>`. */
export interface World {
  /** True when there was no world before this run. */
  readonly fresh: boolean;
  /** Makes the map files of a fresh world, unless `cut` off. */
  create(cut: AbortSignal): Promise<void>;
  /**
   * Writes a part of the map, the databases and `map_t.bin`, and then, synced to the disk, the file that says so.
   * Takes at least `seconds`, with writes all along: whoever copies meanwhile gets a torn world,
   * and so does a world whose game is `cut` off.
   * @returns false when it was cut off.
   */
  save(reason: SaveReason, players: readonly SavedPlayer[], seconds: number, cut: AbortSignal): Promise<boolean>;
  close(): void;
}

/** What a {@link World} is made of. */
export interface WorldOptions {
  readonly folder: string;
  readonly name: string;
  readonly dialect: Dialect;
  readonly clock: Clock;
  readonly files: number;
  readonly megabytes: number;
}

const rewrittenAtMost = 64;
const steps = 8;
const fillerBytes = 256 * 1024;
const parallelWrites = 16;

/** Opens a world, without writing more than its databases. */
export function openWorld({ folder, name, dialect, clock, files, megabytes }: WorldOptions): World {
  const fresh = !existsSync(join(folder, 'map_t.bin'));
  const databases = openWorldDatabases(folder, name, dialect.worldVersion);
  const fileBytes = files === 0 ? 0 : Math.floor((megabytes * 1_000_000) / files);
  const filler = fillerOf(Math.min(fileBytes, fillerBytes));
  let number = lastSaveNumber(folder);
  let nextFile = 0;

  const mapFile = (index: number): string => {
    const [x, y] = [1_000 + Math.floor(index / 100), 900 + (index % 100)];
    return join(folder, dialect.build === 41 ? `map_${x}_${y}.bin` : join('map', String(x), `${y}.bin`));
  };
  const writeMap = async (index: number): Promise<void> => {
    const path = mapFile(index);
    await mkdir(dirname(path), { recursive: true });
    const head = Buffer.from(`ZedOps simulator, save ${number}\n`);
    const fillers = Array.from(
      { length: filler.length === 0 ? 0 : Math.ceil(fileBytes / filler.length) },
      () => filler,
    );
    await writeWhole(path, [head, ...fillers]);
  };
  const writeVersion = (): Promise<void> => {
    const head = Buffer.alloc(8);
    head.write('GMTM');
    head.writeInt32BE(dialect.worldVersion, 4);
    return writeWhole(join(folder, 'map_t.bin'), [head, Buffer.from(`save ${number}`)]);
  };

  return {
    fresh,
    async create(cut) {
      for (let first = 0; first < files; first += parallelWrites) {
        if (cut.aborted) return;
        const batch = Array.from({ length: Math.min(parallelWrites, files - first) }, (_, index) => first + index);
        await Promise.all(batch.map((index) => writeMap(index)));
      }
      databases.save(0, []);
      await writeVersion();
    },
    async save(reason, players, seconds, cut) {
      const startedAt = clock.now();
      number += 1;
      const rewritten = Math.min(rewrittenAtMost, files);
      for (let done = 0; done < rewritten; done += 1) {
        await writeMap(nextFile % files);
        nextFile += 1;
        if (done % Math.ceil(rewritten / steps) === 0) await pause(clock, (seconds * 1000) / (steps + 1), cut);
        if (cut.aborted) return false;
      }
      databases.save(number, players);
      await writeVersion();
      await pause(clock, Math.max(0, startedAt + seconds * 1000 - clock.now()), cut);
      if (cut.aborted) return false;
      const names = players.map(({ username }) => username);
      const record = { writtenBy: 'ZedOps simulator', save: number, reason, at: isoTime(clock.now()), players: names };
      await writeAtomically(join(folder, lastSaveFile), `${JSON.stringify(record)}\n`, 0o644);
      return true;
    },
    close: () => databases.close(),
  };
}

async function writeWhole(path: string, pieces: readonly Buffer[]): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const piece of pieces) await file.writeFile(piece);
  } finally {
    await file.close();
  }
}

/** Bytes that look like a map to a compressor: neither empty nor noise. */
function fillerOf(bytes: number): Buffer {
  const filler = Buffer.alloc(bytes);
  let state = 1;
  for (let at = 0; at < bytes; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    filler[at] = state % 5 === 0 ? state >>> 24 : 0;
  }
  return filler;
}

function lastSaveNumber(folder: string): number {
  const path = join(folder, lastSaveFile);
  if (!existsSync(path)) return 0;
  const number = Number(/"save":(\d{1,9})/.exec(readFileSync(path, 'utf8'))?.[1]);
  return Number.isInteger(number) ? number : 0;
}
