import { createBackoff } from '../platform/backoff.ts';
import { type Clock, pause } from '../platform/clock.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { causeOf, mayPass } from './outage.ts';
import type { Session } from './session.ts';

/** What {@link followStream} needs. */
export interface FollowStreamOptions {
  readonly open: (signal: AbortSignal) => Promise<Session>;
  /** Asks for the stream; resolves when it has ended. */
  readonly ask: (peer: Session['peer'], signal: AbortSignal) => Promise<unknown>;
  /** Told when the connection is lost, also where the first try fails, and why. */
  readonly onLost: (why: string) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Follows a stream of a manager through lost connections and its restarts; each new connection asks anew. Ends with the
 * signal, or with a refusal. @throws ZedopsError the refusal; CANCELLED by the signal.
 */
export async function followStream({ open, ask, onLost, clock, signal }: FollowStreamOptions): Promise<void> {
  const backoff = createBackoff(() => clock.now());
  for (;;) {
    let session: Session | undefined;
    const begun = clock.now();
    try {
      session = await open(signal);
      await ask(session.peer, signal);
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
