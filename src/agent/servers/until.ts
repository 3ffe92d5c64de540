import type { Clock } from '../../platform/clock.ts';
import type { ObservedServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Observer } from './observer.ts';

/** How long {@link untilObserved} waits, and what ends it early. */
export interface UntilOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Waits until what is known of a server fits `test`. Resolves with true then, and with false after `timeoutMs`.
 * @throws ZedopsError CANCELLED, or the signal's own error, when the signal aborts.
 */
export function untilObserved(
  observer: Observer,
  serverId: string,
  test: (server: ObservedServer) => boolean,
  { clock, timeoutMs, signal }: UntilOptions,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const fits = (): boolean => {
      const known = observer.find(serverId);
      return known !== undefined && test(known);
    };
    if (signal.aborted) {
      reject(abortReason(signal));
      return;
    }
    if (fits()) {
      resolve(true);
      return;
    }
    const end = (): void => {
      unsubscribe();
      takeBack();
      signal.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      end();
      reject(abortReason(signal));
    };
    const unsubscribe = observer.subscribe((changed) => {
      if (changed.id !== serverId || !fits()) return;
      end();
      resolve(true);
    });
    const takeBack = clock.after(timeoutMs, () => {
      end();
      resolve(false);
    });
    signal.addEventListener('abort', abort, { once: true });
  });
}

/** The error a signal was aborted with, or CANCELLED where it was aborted with something else. */
export function abortReason(signal: AbortSignal): ZedopsError {
  const reason: unknown = signal.reason;
  return reason instanceof ZedopsError ? reason : new ZedopsError('CANCELLED', 'Given up');
}
