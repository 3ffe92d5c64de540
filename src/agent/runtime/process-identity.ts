import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { systemErrorCode } from '../../platform/files/atomic-file.ts';

/** Names one process for ever: pids are used again, but not within the same tick of the same boot. */
export const ProcessIdentity = z.object({
  boot: z.string(),
  pid: z.int().min(1),
  /** Clock ticks from boot to its start. */
  started: z.string(),
});
export type ProcessIdentity = z.infer<typeof ProcessIdentity>;

/** The identity of a process that runs; undefined once it has ended. Source: proc(5), `/proc/<pid>/stat`. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const started = await startOf(pid);
  return started === undefined ? undefined : { boot: await bootId(), pid, started };
}

/** Says whether that very process still runs. A zombie does not. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await startOf(identity.pid)) === identity.started && (await bootId()) === identity.boot;
}

async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The name, in brackets, may hold anything; the state and the numbers come after the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    return state === 'Z' || state === 'X' ? undefined : fields[19];
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim();
}
