import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { makePrivateFolder, readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';
import { FilePosition } from '../game-logs/log-tail.ts';
import { Online } from './tracker.ts';

/** One run of a server's container. */
export const Run = z.object({ containerId: z.string(), startedAt: z.string() });
export type Run = z.infer<typeof Run>;

/** What is known of a server's players and of how far its files are read: written in one piece, as they belong together. */
export const Kept = z.object({
  /** The run that the rest is about; absent between two runs. */
  run: Run.optional(),
  /** What was written before this time, in milliseconds since 1970, is the past and is not told. */
  pastMs: z.number(),
  /** How far the server's clock is ahead of UTC, once it was measured. */
  offsetMs: z.number().optional(),
  /** Up to when the console's word was taken, in milliseconds since 1970; absent where it never was needed. */
  heardMs: z.number().optional(),
  files: z.array(FilePosition),
  online: z.array(Online),
  /** The last event that was told when this was so; later ones were told of what comes after. */
  stream: z.string(),
  seq: z.int().min(0),
});
export type Kept = z.infer<typeof Kept>;

/** The files in which {@link Kept} outlives the agent, one for each server. */
export interface KeptFiles {
  load(serverId: string): Promise<Kept | undefined>;
  save(serverId: string, kept: Kept): Promise<void>;
  forget(serverId: string): Promise<void>;
}

/** Opens the files in `folder`. One that cannot be read is told to the log: what it said is learned again. */
export async function openKeptFiles(folder: string, log: Log): Promise<KeptFiles> {
  await makePrivateFolder(folder);
  const fileOf = (serverId: string): string => join(folder, `${serverId}.json`);
  return {
    async load(serverId) {
      const text = await readIfThere(fileOf(serverId));
      if (text === undefined) return undefined;
      try {
        return Kept.parse(JSON.parse(text));
      } catch {
        log.warn({ server: serverId }, 'what was known of the players of a server cannot be read');
        return undefined;
      }
    },
    save: (serverId, kept) => writeAtomically(fileOf(serverId), JSON.stringify(kept)),
    forget: (serverId) => rm(fileOf(serverId), { force: true }),
  };
}
