import { type Clock, isoTime, watchSetting } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { DesiredServer, ObservedServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import { serverStart } from '../../protocol/operations/server.ts';
import type { CrashKeeper } from '../crashes/keep-crashes.ts';
import type { TellEvent } from '../events/journal.ts';
import type { RunExclusive } from './exclusive.ts';
import type { Hold } from './hold.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Observer } from './observer.ts';
import type { Registry } from './registry.ts';
import { countEnd, givenUp, waitBeforeStart } from './revival.ts';
import type { Revivals } from './revivals.ts';

/** What {@link reviveServers} needs. */
export interface ReviveOptions {
  readonly registry: Registry;
  readonly observer: Observer;
  readonly hold: Pick<Hold, 'isHeld' | 'onTold'>;
  readonly lifecycle: Pick<Lifecycle, 'start'>;
  readonly runExclusive: RunExclusive;
  readonly revivals: Revivals;
  /** What is told of a crash comes before what is told of starting again. */
  readonly crashes: CrashKeeper;
  readonly tell: TellEvent;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Starts again what ended without ZedOps meaning it to, and gives up on what does not stay up. Engines are told never to
 * restart a container themselves, because they could not tell a crash from a stop. A start by anyone else counts anew.
 */
export function reviveServers(options: ReviveOptions): void {
  const { registry, observer, hold, lifecycle, runExclusive, revivals, crashes, tell, clock, log, signal } = options;
  const plans = new Map<string, () => void>();
  const reviving = new Set<string>();
  /** What the clock was set by since each server's present run was seen to take players. */
  const settings = new Map<string, { readonly readyAt: string; readonly setMs: () => number }>();

  const isDown = (server: DesiredServer, known: ObservedServer): boolean =>
    server.power === 'on' &&
    !server.deleted &&
    !hold.isHeld(server.id) &&
    known.blind === undefined &&
    known.activity === undefined &&
    known.conflict === undefined &&
    known.container?.status === 'exited' &&
    known.lastExit?.expected === false;

  const tellLater = (server: DesiredServer, event: Omit<Parameters<TellEvent>[0], 'serverId'>): void => {
    void crashes.settled(server.id).then(() => tell({ ...event, serverId: server.id }));
  };

  /** Counts anew, because someone else started the server, or does not want it to run any more. */
  const forgive = (server: DesiredServer, why: string): void => {
    const revival = revivals.get(server.id);
    if (revival.ends.length === 0) return;
    revivals.set(server.id, { ...revival, ends: [], gaveUpAt: undefined });
    if (revival.gaveUpAt === undefined) return;
    observer.note(server, { breaker: undefined });
    tell({ kind: 'tries-again', serverId: server.id, text: `crashes of ${server.name} are counted anew: ${why}` });
  };

  /** Remembers the run that goes on, so that its end can be judged. */
  const noticeRun = (server: DesiredServer, known: ObservedServer, isOurs: boolean): void => {
    const { startedAt } = known.container ?? {};
    const { readyAt } = known;
    const before = revivals.get(server.id);
    if (startedAt !== undefined && startedAt !== before.startedAt) {
      if (!isOurs && before.startedAt !== undefined) forgive(server, 'it was started anew');
      revivals.set(server.id, { ...revivals.get(server.id), startedAt, readyAt });
    } else if (readyAt !== undefined && readyAt !== before.readyAt) {
      revivals.set(server.id, { ...before, readyAt });
    }
    if (readyAt !== undefined && settings.get(server.id)?.readyAt !== readyAt) {
      settings.set(server.id, { readyAt, setMs: watchSetting(clock) });
    }
  };

  const revive = async (server: DesiredServer): Promise<void> => {
    const doer = { id: newId(clock.now()), subject: serverStart.subject, actor: 'zedops', passes: false };
    const exitBefore = observer.find(server.id)?.lastExit?.at;
    reviving.add(server.id);
    try {
      await runExclusive(server, doer, (show) => lifecycle.start(server, { report: show, signal }, { asIs: true }));
      log.info({ server: server.name }, 'started again after a crash');
    } catch (error) {
      if (signal.aborted) return;
      log.warn(
        { server: server.name, error: error instanceof Error ? error : undefined },
        'could not be started again',
      );
      // Where the game did run, its own end counts.
      if (observer.find(server.id)?.lastExit?.at !== exitBefore) return;
      const revival = revivals.get(server.id);
      revivals.set(server.id, countEnd({ ...revival, readyAt: undefined }, clock.now(), revival.countedExit));
      const why = error instanceof ZedopsError ? error.message : 'ZedOps failed; the agent’s log has the cause';
      tellLater(server, { kind: 'restart-failed', text: `${server.name} could not be started again: ${why}` });
    } finally {
      const known = observer.find(server.id);
      if (known) noticeRun(server, known, true);
      reviving.delete(server.id);
    }
  };

  /** Shows that the server is given up, where it is, and tells it once. */
  const giveUp = (server: DesiredServer): boolean => {
    const revival = revivals.get(server.id);
    const reason = givenUp(revival);
    if (!reason) return false;
    const { since, crashes: count, minutes } = reason;
    observer.note(server, { breaker: { since: isoTime(since), crashes: count, minutes }, restartAt: undefined });
    if (revival.isTold) return true;
    revivals.set(server.id, { ...revival, isTold: true });
    const text = `gave up on ${server.name} after ${count} crashes in ${minutes} min: zedops start ${server.name}`;
    tellLater(server, { kind: 'gave-up', text });
    log.error({ server: server.name, crashes: count, minutes }, 'given up: it does not stay up');
    return true;
  };

  const plan = (server: DesiredServer, exit: string): void => {
    const before = revivals.get(server.id);
    const isCounted = before.countedExit === exit;
    const setting = settings.get(server.id);
    const setMs = setting !== undefined && setting.readyAt === before.readyAt ? setting.setMs() : 0;
    const revival = isCounted ? before : countEnd(before, Date.parse(exit), exit, setMs);
    if (!isCounted) revivals.set(server.id, revival);
    if (giveUp(server)) return;
    const waitMs = waitBeforeStart(revival);
    const takeBack = clock.after(waitMs, () => {
      plans.delete(server.id);
      observer.note(server, { restartAt: undefined });
      const newest = registry.find(server.id);
      const known = observer.find(server.id);
      if (newest && known && isDown(newest, known)) void revive(newest);
    });
    plans.set(server.id, takeBack);
    observer.note(server, { restartAt: isoTime(clock.now() + waitMs) });
    log.warn({ server: server.name, seconds: waitMs / 1000 }, 'ended unexpectedly; it will be started again');
    const text = `${server.name} is started again in ${waitMs / 1000} s, try ${revival.ends.length}`;
    tellLater(server, { kind: 'restart-planned', text });
  };

  const weigh = (known: ObservedServer): void => {
    const server = registry.find(known.id);
    if (!server) return;
    if (server.power === 'off' || server.deleted) forgive(server, 'it is to be off');
    if (known.blind === undefined) noticeRun(server, known, reviving.has(known.id));
    const planned = plans.get(known.id);
    if (isDown(server, known)) {
      const isSettled = planned !== undefined || known.breaker !== undefined || reviving.has(known.id);
      if (!isSettled && known.lastExit) plan(server, known.lastExit.at);
      return;
    }
    if (!planned) return;
    planned();
    plans.delete(known.id);
    observer.note(server, { restartAt: undefined });
  };

  const unsubscribe = observer.subscribe(weigh);
  const weighAll = (): void => {
    for (const known of observer.all()) weigh(known);
  };
  weighAll();
  hold.onTold(() => {
    if (!signal.aborted) weighAll();
  });
  signal.addEventListener(
    'abort',
    () => {
      unsubscribe();
      for (const takeBack of plans.values()) takeBack();
    },
    { once: true },
  );
}
