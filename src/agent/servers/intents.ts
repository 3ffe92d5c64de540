import * as z from 'zod';
import { readIfThere, writeAtomically } from '../../platform/files/atomic-file.ts';
import type { Log } from '../../platform/log.ts';

/** Which exits ZedOps means to happen, so that none of them is taken for a crash. */
export interface Intents {
  /** Says that the server's game is being ended on purpose, until the next start. */
  expectExit(serverId: string): void;
  /** Says that the server is being started: an exit from now on is a crash. */
  expectRun(serverId: string): void;
  expectsExit(serverId: string): boolean;
}

/** Makes intents that live as long as the process. `onChange` is told of all exits that are meant. */
export function createIntents(
  meant: readonly string[] = [],
  onChange: (serverIds: readonly string[]) => void = () => undefined,
): Intents {
  const ending = new Set(meant);
  return {
    expectExit(serverId) {
      if (ending.has(serverId)) return;
      ending.add(serverId);
      onChange([...ending]);
    },
    expectRun(serverId) {
      if (ending.delete(serverId)) onChange([...ending]);
    },
    expectsExit: (serverId) => ending.has(serverId),
  };
}

/**
 * Opens the intents kept in `file`: an exit that was meant is still meant where the agent dies before it comes. A file
 * that cannot be read or written is told to the log; the worst that comes of it is a stop shown as a crash.
 */
export async function openIntents(
  file: string,
  log: Log,
): Promise<{ readonly intents: Intents; readonly flushed: () => Promise<void> }> {
  let writing: Promise<void> = Promise.resolve();
  const save = (serverIds: readonly string[]): void => {
    writing = writing
      .then(() => writeAtomically(file, JSON.stringify(serverIds)))
      .catch((error) => log.error({ error }, 'which exits are meant could not be written'));
  };
  return { intents: createIntents(await readMeant(file, log), save), flushed: () => writing };
}

async function readMeant(file: string, log: Log): Promise<readonly string[]> {
  const text = await readIfThere(file);
  if (text === undefined) return [];
  try {
    return z.array(z.string()).parse(JSON.parse(text));
  } catch {
    log.warn({ file }, 'which exits were meant cannot be read');
    return [];
  }
}
