import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, pause } from '../../platform/clock.ts';
import { isMissing } from '../../platform/files/atomic-file.ts';

/** What a walk through a folder came to. */
export interface Measured {
  readonly files: number;
  readonly bytes: number;
}

/** What a walk is told. */
export interface WalkOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told each file as its path below the folder, with slashes. */
  readonly onFile: (path: string, count: number) => void;
}

/** After so many files the walk rests, so that a world of a million of them costs a game next to nothing. */
const restAfter = 500;
const restMs = 5;

/**
 * Counts the files below a folder and their bytes, without following a link. What vanishes meanwhile is not counted.
 * Undefined where there is no folder. Ends early, with what there is, when the signal aborts.
 */
export async function measureFolder(
  folder: string,
  { clock, signal, onFile }: WalkOptions,
): Promise<Measured | undefined> {
  const top = await lstatIfThere(folder);
  if (!top?.isDirectory()) return undefined;
  let files = 0;
  let bytes = 0;
  const waiting = [''];
  for (let path = waiting.pop(); path !== undefined && !signal.aborted; path = waiting.pop()) {
    for await (const entry of entriesOf(join(folder, path))) {
      const below = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) {
        waiting.push(below);
        continue;
      }
      const there = await lstatIfThere(join(folder, below));
      if (!there) continue;
      files += 1;
      bytes += there.size;
      onFile(below, files);
      if (files % restAfter === 0) await pause(clock, restMs, signal);
      if (signal.aborted) break;
    }
  }
  return { files, bytes };
}

async function* entriesOf(folder: string) {
  try {
    yield* await opendir(folder);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function lstatIfThere(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
