import type { FleetNews } from '../../protocol/entities/fleet.ts';
import { fleetWatch } from '../../protocol/operations/fleet.ts';
import { type FollowStreamOptions, followStream } from './follow-stream.ts';

/** What {@link followFleet} needs. */
export interface FollowFleetOptions extends Pick<FollowStreamOptions, 'open' | 'onLost' | 'clock' | 'signal'> {
  readonly take: (news: FleetNews) => void;
}

/**
 * Follows the fleet; each new connection begins with a first piece again. Ends as {@link followStream} does.
 * @throws ZedopsError the refusal; CANCELLED by the signal.
 */
export function followFleet({ take, ...rest }: FollowFleetOptions): Promise<void> {
  return followStream({
    ...rest,
    ask: ({ peer }, signal) => peer.request(fleetWatch, {}, { signal, onProgress: take }),
  });
}
