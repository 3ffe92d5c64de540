import type * as z from 'zod';
import { ObservedServer } from '../../protocol/entities/server.ts';
import { serverKill, serverRestart, serverStart, serverStop } from '../../protocol/operations/server.ts';
import type { NewEvent } from './journal.ts';

/** What was last known of a server, as far as a change of it is an event. */
export const Seen = ObservedServer.pick({ container: true, readyAt: true, lastExit: true, activity: true });
export type Seen = z.infer<typeof Seen>;

/** Operations that leave the container the one it is. */
const keepContainer: readonly string[] = [
  serverStart.subject,
  serverStop.subject,
  serverRestart.subject,
  serverKill.subject,
];

/**
 * What happened to a server between two looks at it. Crashes are left out: they are told when it is known what they were.
 */
export function eventsBetween(before: Seen, now: ObservedServer): readonly NewEvent[] {
  const { id: serverId, name } = now;
  // What is done and what came of it may become known at once, when the doing is over already.
  const doing = now.activity ?? before.activity;
  const actor = doing === undefined ? {} : { actor: doing.actor };
  const events: NewEvent[] = [];
  const tell = (kind: NewEvent['kind'], text: string, more: Partial<NewEvent> = {}): void => {
    events.push({ kind, text, serverId, ...more });
  };
  const isOurs = doing !== undefined && !keepContainer.includes(doing.subject);
  const was = before.container;
  const is = now.container;

  if (was && !is && !isOurs) tell('container-removed', `the container of ${name} was removed, and not by ZedOps`);
  if (was && is && was.id !== is.id && !isOurs) {
    tell('container-replaced', `${name} has another container now, and not by ZedOps`);
  }
  if (was && is && was.id === is.id && was.name !== is.name && !isOurs) {
    tell('container-renamed', `the container ${was.name} of ${name} was renamed to ${is.name}, and not by ZedOps`);
  }
  if (is?.startedAt !== undefined && is.startedAt !== was?.startedAt) {
    const again = doing?.actor === 'zedops' ? ' again' : '';
    tell('started', doing ? `${name} was started${again}` : `${name} was started, and not by ZedOps`, actor);
  }
  if (was && is && was.id === is.id) {
    if (is.status === 'paused' && was.status !== 'paused') tell('paused', `${name} was paused, and not by ZedOps`);
    if (is.status === 'running' && was.status === 'paused') tell('resumed', `${name} goes on after a pause`);
  }
  if (now.readyAt !== undefined && now.readyAt !== before.readyAt) {
    tell('ready', `${name} takes players${after(is?.startedAt, now.readyAt)}`);
  }
  if (now.lastExit?.expected === true && now.lastExit.at !== before.lastExit?.at) {
    tell('stopped', `${name} stopped${exitWords(now.lastExit)}`, actor);
  }
  return events;
}

function after(startedAt: string | undefined, readyAt: string): string {
  if (startedAt === undefined) return '';
  const seconds = Math.round((Date.parse(readyAt) - Date.parse(startedAt)) / 1000);
  return seconds < 0 ? '' : `, ${seconds} s after its start`;
}

function exitWords({ exitCode }: NonNullable<ObservedServer['lastExit']>): string {
  return exitCode === undefined ? '' : ` with exit code ${exitCode}`;
}
