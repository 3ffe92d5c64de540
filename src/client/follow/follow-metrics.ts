import type { MetricsNews } from '../../protocol/entities/metrics.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { fleetMetrics } from '../../protocol/operations/metrics.ts';
import { type FollowStreamOptions, followStream } from './follow-stream.ts';

/** What {@link followMetrics} needs. */
export interface FollowMetricsOptions extends Pick<FollowStreamOptions, 'open' | 'clock' | 'signal'> {
  readonly take: (news: MetricsNews) => void;
}

/**
 * Follows what hosts and servers take; each new connection begins with a first piece again. Ends with the signal, and
 * without an error where the manager is older than metrics. @throws ZedopsError any other refusal; CANCELLED.
 */
export async function followMetrics({ take, ...rest }: FollowMetricsOptions): Promise<void> {
  try {
    await followStream({
      ...rest,
      ask: ({ peer }, signal) => peer.request(fleetMetrics, { follow: true }, { signal, onProgress: take }),
      onLost: () => undefined,
    });
  } catch (error) {
    if (!(error instanceof ZedopsError && error.code === 'UNSUPPORTED')) throw error;
  }
}
