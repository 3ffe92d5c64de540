import type { Clock } from '../../platform/clock.ts';
import type { FleetEvent } from '../../protocol/entities/event.ts';
import { eventList } from '../../protocol/operations/event.ts';
import type { Session } from '../connect/session.ts';
import { followStream } from './follow-stream.ts';

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
  let last: number | undefined;
  await followStream({
    ...{ open, clock, signal },
    hasBegun: () => last !== undefined,
    onBack: () => onConnection('back'),
    onLost(_, isFirst) {
      if (isFirst) onConnection('lost');
    },
    ask: ({ peer }) =>
      peer.request(
        eventList,
        { ...request, ...(last === undefined ? {} : { after: last }), follow: true },
        {
          signal,
          onProgress(news) {
            for (const event of news.events) take(event);
            last = news.last;
          },
        },
      ),
  });
}
