import { fork } from 'node:child_process';
import { join } from 'node:path';
import * as z from 'zod';
import type { Cleaner } from '../cleaner.ts';
import { leanEnv } from '../machine.ts';

/** Agents that other processes play, each a host of its own, which come back by themselves when the manager was away. */
export interface Crowd {
  /** Resolves when all of them are mirrored, counted from the call on, with when each was, on performance.now() here. */
  mirrored(): Promise<readonly number[]>;
  end(): Promise<void>;
}

const Told = z.object({ mirrored: z.int() });
const deadlineMs = 240_000;

/** Plays one agent for each join code, in as many processes as `processes` says, and waits until all are mirrored. */
export async function gatherCrowd(
  cleaner: Cleaner,
  { url, codes, folder, processes }: { url: string; codes: readonly string[]; folder: string; processes: number },
): Promise<Crowd> {
  const listeners = new Set<(agent: number) => void>();
  const mirrored = (): Promise<readonly number[]> =>
    new Promise((resolve, reject) => {
      const times = new Map<number, number>();
      const timer = setTimeout(() => {
        listeners.delete(listener);
        reject(new Error(`${times.size} of ${codes.length} played agents are mirrored after ${deadlineMs / 1000} s`));
      }, deadlineMs);
      const listener = (agent: number): void => {
        times.set(agent, performance.now());
        if (times.size < codes.length) return;
        clearTimeout(timer);
        listeners.delete(listener);
        resolve([...times.values()]);
      };
      listeners.add(listener);
    });
  const all = mirrored();
  const share = Math.ceil(codes.length / processes);
  const children = Array.from({ length: Math.ceil(codes.length / share) }, (_, index) => {
    const child = fork(join(import.meta.dirname, 'idle-agents.ts'), { env: leanEnv(), stdio: 'inherit' });
    const first = index * share;
    child.on('message', (message) => {
      const agent = first + Told.parse(message).mirrored;
      for (const listener of [...listeners]) listener(agent);
    });
    child.send({ url, codes: codes.slice(first, first + share), folder: join(folder, `crowd-${index}`) });
    return child;
  });
  const end = cleaner.add(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  await all;
  return { mirrored, end };
}
