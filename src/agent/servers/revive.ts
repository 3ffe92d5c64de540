import { type Clock, isoTime } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { DesiredServer, ObservedServer } from '../../protocol/entities/server.ts';
import { newId } from '../../protocol/id.ts';
import { serverStart } from '../../protocol/operations/server.ts';
import type { RunExclusive } from './exclusive.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Observer } from './observer.ts';
import type { Registry } from './registry.ts';

/** What {@link reviveServers} needs. */
export interface ReviveOptions {
  readonly registry: Registry;
  readonly observer: Observer;
  readonly lifecycle: Lifecycle;
  readonly runExclusive: RunExclusive;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const firstMs = 5_000;
const longestMs = 300_000;
/** A game that was ready for this long and then ended begins anew with the shortest wait. */
const healthyMs = 600_000;

/**
 * Starts again what ended without ZedOps meaning it to: 5 s after the first time, doubling to 5 min. Engines are told
 * never to restart a container themselves, because they could not tell a crash from a stop.
 */
export function reviveServers(options: ReviveOptions): void {
  const { registry, observer, lifecycle, runExclusive, clock, log, signal } = options;
  const plans = new Map<string, () => void>();
  const attempts = new Map<string, number>();
  const readySince = new Map<string, number>();

  const isDown = (server: DesiredServer, known: ObservedServer): boolean =>
    server.power === 'on' &&
    !server.deleted &&
    known.blind === undefined &&
    known.activity === undefined &&
    known.container?.status === 'exited' &&
    known.lastExit?.expected === false;

  const revive = async (server: DesiredServer): Promise<void> => {
    const doer = { id: newId(clock.now()), subject: serverStart.subject, actor: 'zedops', passes: false };
    try {
      await runExclusive(server, doer, (show) => lifecycle.start(server, { report: show, signal }, { asIs: true }));
      log.info({ server: server.name }, 'started again after a crash');
    } catch (error) {
      log.warn(
        { server: server.name, error: error instanceof Error ? error : undefined },
        'could not be started again',
      );
    }
  };

  const plan = (server: DesiredServer): void => {
    const wasHealthy = clock.now() - (readySince.get(server.id) ?? clock.now()) > healthyMs;
    readySince.delete(server.id);
    const attempt = wasHealthy ? 0 : (attempts.get(server.id) ?? 0);
    const waitMs = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 10));
    attempts.set(server.id, attempt + 1);
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
  };

  const weigh = (known: ObservedServer): void => {
    const server = registry.find(known.id);
    if (!server) return;
    const planned = plans.get(known.id);
    if (known.readyAt !== undefined) readySince.set(known.id, Date.parse(known.readyAt));
    if (isDown(server, known)) {
      if (!planned) plan(server);
      return;
    }
    if (!planned) return;
    planned();
    plans.delete(known.id);
    observer.note(server, { restartAt: undefined });
  };

  const unsubscribe = observer.subscribe(weigh);
  for (const known of observer.all()) weigh(known);
  signal.addEventListener(
    'abort',
    () => {
      unsubscribe();
      for (const takeBack of plans.values()) takeBack();
    },
    { once: true },
  );
}
