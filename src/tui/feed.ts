import type { ManagerClient } from '../client/connect/manager-client.ts';
import { shareSession } from '../client/connect/shared-session.ts';
import { followEvents } from '../client/follow/follow-events.ts';
import { followFleet } from '../client/follow/follow-fleet.ts';
import { followMetrics } from '../client/follow/follow-metrics.ts';
import { causeOf, mayPass } from '../client/follow/outage.ts';
import { type Clock, pause } from '../platform/clock.ts';
import { createBackoff } from '../platform/network/backoff.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { sessionShow } from '../protocol/operations/person.ts';
import type { Store } from './store/store.ts';

/** What {@link feedStore} needs. */
export interface FeedDeps {
  readonly client: ManagerClient;
  readonly store: Store;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Fills the store with what the manager says, through its absences, until the signal. What cannot be mended is shown. */
export function feedStore({ client, store, clock, signal }: FeedDeps): void {
  const refuse = (error: unknown): void => {
    if (signal.aborted) return;
    const why = error instanceof Error ? error.message : String(error);
    const hint = error instanceof ZedopsError ? error.hint : undefined;
    store.apply({ kind: 'link', link: { state: 'refused', since: clock.now(), why, hint } });
  };
  // One connection for all of it: each costs both ends some milliseconds before the first screen is whole.
  const open = shareSession(() => client.open(signal));

  const fleet = followFleet({
    open,
    take: (news) => store.apply({ kind: 'fleet', news, at: clock.now() }),
    onLost: (why) => store.apply({ kind: 'link', link: { state: 'lost', since: clock.now(), why } }),
    clock,
    signal,
  });
  fleet.catch(refuse);
  const metrics = followMetrics({
    open,
    take: (news) => store.apply({ kind: 'metrics', news }),
    clock,
    signal,
  });
  // What else there is to see is not less for want of them.
  metrics.catch((error: unknown) => {
    if (signal.aborted) return;
    const why = error instanceof Error ? error.message : String(error);
    const text = `CPU and memory are not shown: ${why}`;
    store.apply({ kind: 'notice', notice: { id: 0, tone: 'warn', text, at: clock.now() } });
  });

  const events = (): Promise<void> =>
    followEvents(
      { limit: 100 },
      {
        open,
        take: (event) => store.apply({ kind: 'events', events: [event], at: clock.now() }),
        onConnection: () => undefined,
        clock,
        signal,
      },
    );
  const me = async (): Promise<void> => {
    const session = await open();
    try {
      const { actor, grants } = await session.peer.request(sessionShow, {}, { signal });
      store.apply({ kind: 'me', me: { actor, grants } });
    } catch (error) {
      throw await causeOf(session, error);
    } finally {
      session.close();
    }
  };
  for (const task of [events, me]) untilItWorks(task, clock, signal).catch(refuse);
}

/** Runs a task again while it fails for a reason that may pass. */
async function untilItWorks(task: () => Promise<void>, clock: Clock, signal: AbortSignal): Promise<void> {
  const backoff = createBackoff(() => clock.steady());
  while (!signal.aborted) {
    try {
      await task();
      return;
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      await pause(clock, backoff.next(), signal);
    }
  }
}
