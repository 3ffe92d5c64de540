import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type * as z from 'zod';
import type { Cleaner } from '../cleaner.ts';
import { leanEnv } from '../machine.ts';
import { FromPublisher, FromViewers, type Target, type ToPublisher, type ToViewers } from './messages.ts';

/** What one run of lines came to. */
export interface Run {
  /** From the first line's publishing until the last viewer had the last line. */
  readonly seconds: number;
  /** Lines viewers were told they missed, all together. */
  readonly lost: number;
  /** Milliseconds from publishing to a viewer, of each line and viewer. Empty unless at a rate. */
  readonly ages: readonly number[];
}

/** A publisher and its viewers, each side in processes of its own, connected and warm. */
export interface Crew {
  /** Publishes lines as fast as the slowest viewer reads, less a window. */
  flood(lines: number): Promise<Run>;
  /** Publishes lines at a rate. */
  trickle(lines: number, perSecond: number): Promise<Run>;
  end(): Promise<void>;
}

/** Lines that may be on their way to the slowest viewer: 1 MB, less than any of the two drops a viewer for. */
const window = 5_000;
const settleMs = 300;
const deadlineMs = 120_000;

/**
 * Starts a publisher and `viewers` viewers, in two processes where there is more than one. `onPublisher` is called when
 * the publisher is connected and before viewers are.
 */
export async function assembleCrew(
  cleaner: Cleaner,
  target: Target,
  viewers: number,
  onPublisher: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Crew> {
  const children: ChildProcess[] = [];
  const end = cleaner.add(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  const start = (file: string): ChildProcess => {
    const options = {
      env: leanEnv(),
      serialization: 'advanced' as const,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'] as const,
    };
    const child = fork(join(import.meta.dirname, file), { ...options, stdio: [...options.stdio] });
    children.push(child);
    return child;
  };
  const publisher = start('publisher.ts');
  const shares = viewers === 1 ? [1] : [Math.ceil(viewers / 2), Math.floor(viewers / 2)];
  const audience = shares.map((count) => ({ child: start('viewers.ts'), count }));
  const tell = (child: ChildProcess, message: ToPublisher | ToViewers): void => void child.send(message);

  const connected = heard(publisher, FromPublisher, 'connect');
  tell(publisher, { do: 'connect', target });
  await connected;
  await onPublisher();
  const allConnected = audience.map(({ child }) => heard(child, FromViewers, 'connect'));
  tell(publisher, { do: 'warm', on: true });
  for (const { child, count } of audience) tell(child, { do: 'connect', target, count });
  await Promise.all(allConnected);
  tell(publisher, { do: 'warm', on: false });

  const run = async (lines: number, perSecond: number): Promise<Run> => {
    await pause(settleMs);
    const read = audience.map(() => 0);
    const passOn = audience.map(({ child }, index) => {
      const listener = (message: unknown): void => {
        const said = FromViewers.parse(message);
        if (said.did === 'connect') return;
        read[index] = said.did === 'read' ? said.through : lines;
        tell(publisher, { do: 'acknowledge', through: Math.min(...read) });
      };
      child.on('message', listener);
      return () => child.off('message', listener);
    });
    const counted = audience.map(({ child }) => heard(child, FromViewers, 'count'));
    for (const { child } of audience) tell(child, { do: 'count', lines, timed: perSecond > 0 });
    await pause(settleMs);
    const published = heard(publisher, FromPublisher, 'publish');
    tell(publisher, { do: 'publish', lines, perSecond, window });
    const counts = await Promise.all(counted);
    const { begunAt } = await published;
    for (const stop of passOn) stop();
    return {
      seconds: (Math.max(...counts.map(({ endedAt }) => endedAt)) - begunAt) / 1e9,
      lost: counts.reduce((sum, { lost }) => sum + lost, 0),
      ages: counts.flatMap(({ ages }) => [...ages]),
    };
  };
  return {
    flood: (lines) => run(lines, 0),
    trickle: run,
    async end() {
      const exits = children.map((child) => once(child, 'exit'));
      await end();
      await Promise.all(exits);
    },
  };
}

/** Waits for a child to tell one thing. @throws Error when it ends before, or says nothing for two minutes. */
function heard<Message extends { readonly did: string }, Did extends Message['did']>(
  child: ChildProcess,
  schema: z.ZodType<Message>,
  did: Did,
): Promise<Extract<Message, { did: Did }>> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer);
      child.off('message', listener);
      child.off('exit', ended);
    };
    const isIt = (message: Message): message is Extract<Message, { did: Did }> => message.did === did;
    const listener = (message: unknown): void => {
      const said = schema.parse(message);
      if (!isIt(said)) return;
      settle();
      resolve(said);
    };
    const ended = (code: number | null): void => {
      settle();
      reject(new Error(`a process of the bench ended with ${code} before it did "${did}"`));
    };
    const timer = setTimeout(() => {
      settle();
      reject(new Error(`a process of the bench did not "${did}" in time`));
    }, deadlineMs);
    child.on('message', listener);
    child.on('exit', ended);
  });
}
