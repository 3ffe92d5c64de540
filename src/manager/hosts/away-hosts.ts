import type { Clock } from '../../platform/clock.ts';
import type { Hub } from './hub.ts';

/** Knows which hosts stay away. */
export interface AwayHosts {
  /** Says whether a host has been offline for at least `ms`, by time that has passed here. */
  isAwayFor(hostId: string, ms: number): boolean;
  close(): void;
}

/** Makes it. A host that was offline when it was made counts from then on. */
export function createAwayHosts(hub: Pick<Hub, 'find' | 'onPresence'>, clock: Clock): AwayHosts {
  const begun = clock.steady();
  const leftAt = new Map<string, number>();
  const close = hub.onPresence((hostId, isOnline) => {
    if (!isOnline) leftAt.set(hostId, clock.steady());
  });
  return {
    isAwayFor: (hostId, ms) => !hub.find(hostId) && clock.steady() - (leftAt.get(hostId) ?? begun) > ms,
    close,
  };
}
