import { type Clock, pause } from '../../platform/clock.ts';
import { createBackoff } from '../../platform/network/backoff.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Session } from '../connect/session.ts';
import { causeOf, mayPass } from './outage.ts';

/** What {@link followStream} needs. */
export interface FollowStreamOptions {
  readonly open: (signal: AbortSignal) => Promise<Session>;
  /** Asks for the stream on a new connection; resolves when it has ended. */
  readonly ask: (session: Session, signal: AbortSignal) => Promise<unknown>;
  /** Says whether the manager has taken the request: an outage before that ends it. Without it, every outage is waited out. */
  readonly hasBegun?: () => boolean;
  /** Told why there is no connection: when one is lost (`isFirst`), and of each try that fails after that. */
  readonly onLost: (why: string, isFirst: boolean) => void;
  /** Told when there is one again. */
  readonly onBack?: () => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Follows a stream of a manager through lost connections and its restarts; each new connection asks anew. Ends with the
 * signal, or with a refusal. @throws ZedopsError the refusal; CANCELLED by the signal.
 */
export async function followStream(options: FollowStreamOptions): Promise<void> {
  const { open, ask, hasBegun = () => true, onLost, onBack, clock, signal } = options;
  const backoff = createBackoff(() => clock.steady());
  let isLost = false;
  for (;;) {
    let session: Session | undefined;
    const begun = clock.steady();
    try {
      session = await open(signal);
      if (isLost) onBack?.();
      isLost = false;
      await ask(session, signal);
      return;
    } catch (error) {
      const why = session === undefined ? error : await causeOf(session, error);
      if (signal.aborted || !hasBegun() || !mayPass(why)) throw why;
      if (session !== undefined) backoff.stood(clock.steady() - begun);
      onLost(why instanceof Error ? why.message : 'the connection is lost', !isLost);
      isLost = true;
    } finally {
      session?.close();
    }
    await pause(clock, backoff.next(), signal);
    if (signal.aborted) throw new ZedopsError('CANCELLED', 'Interrupted');
  }
}
