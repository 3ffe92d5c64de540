import { createBackoff } from '../platform/backoff.ts';
import { type Clock, pause } from '../platform/clock.ts';
import type { FleetNews } from '../protocol/entities/fleet.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { fleetWatch } from '../protocol/operations/fleet.ts';
import { causeOf, mayPass } from './outage.ts';
import type { Session } from './session.ts';

/** What {@link followFleet} needs. */
export interface FollowFleetOptions {
  readonly open: (signal: AbortSignal) => Promise<Session>;
  readonly take: (news: FleetNews) => void;
  /** Told when the connection is lost, also where the first try fails, and why. */
  readonly onLost: (why: string) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Follows the fleet through lost connections and restarts of the manager; each new connection begins with a first piece
 * again. Ends with the signal, or with a refusal. @throws ZedopsError the refusal; CANCELLED by the signal.
 */
export async function followFleet({ open, take, onLost, clock, signal }: FollowFleetOptions): Promise<void> {
  const backoff = createBackoff(() => clock.now());
  for (;;) {
    let session: Session | undefined;
    const begun = clock.now();
    try {
      session = await open(signal);
      await session.peer.request(fleetWatch, {}, { signal, onProgress: take });
      return;
    } catch (error) {
      const why = session === undefined ? error : await causeOf(session, error);
      if (signal.aborted || !mayPass(why)) throw why;
      if (session !== undefined) backoff.stood(clock.now() - begun);
      onLost(why instanceof Error ? why.message : 'the connection is lost');
    } finally {
      session?.close();
    }
    await pause(clock, backoff.next(), signal);
    if (signal.aborted) throw new ZedopsError('CANCELLED', 'Interrupted');
  }
}
