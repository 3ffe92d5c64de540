import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { makePrivateFolder, readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import { AdoptedFolder } from '../../protocol/entities/adoption.ts';
import { ZedopsError } from '../../protocol/errors.ts';

/** What an adoption has to know to go on, or to put everything back, whenever the agent is killed. */
export const AdoptionRecord = z.object({
  jobId: z.string(),
  serverId: z.string(),
  name: z.string(),
  /** `back`: it has failed or was cancelled, and what was done is taken back. `done`: the server is adopted. */
  direction: z.enum(['on', 'back', 'done']),
  /** Since when the adopted server was ready. */
  readyAt: z.string().optional(),
  original: z
    .object({
      id: z.string(),
      name: z.string(),
      keptAs: z.string(),
      running: z.boolean(),
      restart: z.object({ name: z.string(), tries: z.int() }),
    })
    .optional(),
  folders: z.array(AdoptedFolder),
  /** True where the server's folder was not there before. */
  makesFolder: z.boolean(),
});
export type AdoptionRecord = z.infer<typeof AdoptionRecord>;

/** The records of adoptions under way, one file for each server. */
export interface AdoptionJournal {
  read(serverId: string): Promise<AdoptionRecord | undefined>;
  /** Resolves when it is on disk. */
  write(record: AdoptionRecord): Promise<void>;
  drop(serverId: string): Promise<void>;
  all(): Promise<readonly AdoptionRecord[]>;
}

/** Opens the journal in `folder`. */
export function openAdoptionJournal(folder: string): AdoptionJournal {
  const fileOf = (serverId: string): string => join(folder, `${serverId}.json`);
  const read = async (serverId: string): Promise<AdoptionRecord | undefined> => {
    const text = await readIfThere(fileOf(serverId));
    if (text === undefined) return undefined;
    try {
      return AdoptionRecord.parse(JSON.parse(text));
    } catch (cause) {
      throw new ZedopsError('CONFLICT', `The record of an adoption, ${fileOf(serverId)}, cannot be read`, {
        hint: 'see to the container and the folders it names by hand, and remove it',
        cause,
      });
    }
  };
  return {
    read,
    async write(record) {
      await makePrivateFolder(folder);
      await writeAtomically(fileOf(record.serverId), JSON.stringify(record));
    },
    drop: (serverId) => rm(fileOf(serverId), { force: true }),
    async all() {
      await makePrivateFolder(folder);
      const ids = (await readdir(folder)).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : []));
      return (await Promise.all(ids.map(read))).filter((record) => record !== undefined);
    },
  };
}
