import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { makePrivateFolder, readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';

/** What was learned from a game's output during one run of its container: gone from memory when the agent restarts. */
export const RunStatus = z.object({
  containerId: z.string(),
  /** When the container was started: with its id, this names the run. */
  startedAt: z.string(),
  readyAt: z.string().optional(),
  gameVersion: z.string().optional(),
  /** True when its log has said that the game has started. */
  marker: z.boolean().optional(),
});
export type RunStatus = z.infer<typeof RunStatus>;

/** Remembers across restarts of the agent what a running game said once. */
export interface StatusKeeper {
  load(serverId: string): Promise<RunStatus | undefined>;
  /** Writes in the order of the calls. A failure is told to the log: the agent would only look less well informed. */
  save(serverId: string, status: RunStatus): void;
  /** Forgets what was learned of a server that is no more. */
  forget(serverId: string): Promise<void>;
  /** Resolves when everything is on disk. */
  flushed(): Promise<void>;
}

/** Opens the status files in `folder`. */
export async function openStatusKeeper(folder: string, log: Log): Promise<StatusKeeper> {
  await makePrivateFolder(folder);
  const fileOf = (serverId: string): string => join(folder, `${serverId}.json`);
  let writing: Promise<void> = Promise.resolve();
  return {
    async load(serverId) {
      const text = await readIfThere(fileOf(serverId));
      if (text === undefined) return undefined;
      try {
        return RunStatus.parse(JSON.parse(text));
      } catch {
        log.warn({ server: serverId }, 'a status file cannot be read; what it said is learned again');
        return undefined;
      }
    },
    save(serverId, status) {
      writing = writing
        .then(() => writeAtomically(fileOf(serverId), JSON.stringify(status)))
        .catch((error) => log.error({ error }, 'a status file could not be written'));
    },
    forget(serverId) {
      const gone = writing.then(() => rm(fileOf(serverId), { force: true }));
      writing = gone.catch(() => undefined);
      return gone;
    },
    flushed: () => writing,
  };
}
