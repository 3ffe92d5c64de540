import { createBackoff } from '../platform/backoff.ts';
import { type Clock, pause } from '../platform/clock.ts';
import type { FleetEvent } from '../protocol/entities/event.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { eventList } from '../protocol/operations/event.ts';
import { causeOf, mayPass } from './outage.ts';
import type { Session } from './session.ts';

/** Which events are wanted; see the operation `event.list`. */
export interface EventRequest {
  readonly server?: string | undefined;
  readonly host?: string | undefined;
  /** ISO time. */
  readonly since?: string | undefined;
  readonly limit: number;
}

/** What {@link followEvents} needs. */
export interface FollowEventsOptions {
  readonly open: (signal: AbortSignal) => Promise<Session>;
  readonly take: (event: FleetEvent) => void;
  /** Told when the connection is lost and when it is there again. */
  readonly onConnection: (state: 'lost' | 'back') => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Follows events through lost connections and restarts of the manager: each once and in order. Only the signal or a
 * refusal ends it. @throws ZedopsError what ends it; a first connection that fails is not tried again.
 */
export async function followEvents(
  request: EventRequest,
  { open, take, onConnection, clock, signal }: FollowEventsOptions,
): Promise<void> {
  const backoff = createBackoff(() => clock.steady());
  let last: number | undefined;
  let isLost = false;
  for (;;) {
    let session: Session | undefined;
    const begun = clock.steady();
    try {
      session = await open(signal);
      if (isLost) onConnection('back');
      isLost = false;
      const wanted = { ...request, ...(last === undefined ? {} : { after: last }), follow: true };
      await session.peer.request(eventList, wanted, {
        signal,
        onProgress(news) {
          for (const event of news.events) take(event);
          last = news.last;
        },
      });
      return;
    } catch (error) {
      const why = session === undefined ? error : await causeOf(session, error);
      if (signal.aborted || last === undefined || !mayPass(why)) throw why;
      if (session !== undefined) backoff.stood(clock.steady() - begun);
      if (!isLost) onConnection('lost');
      isLost = true;
    } finally {
      session?.close();
    }
    await pause(clock, backoff.next(), signal);
    if (signal.aborted) throw new ZedopsError('CANCELLED', 'Interrupted');
  }
}
