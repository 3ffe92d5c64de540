import { type Clock, pause } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Peer } from '../../protocol/peer.ts';

/** The way to the manager for work that outlives a connection. */
export interface ManagerLine {
  /** Takes note of the connection a manager asks over. */
  heard(peer: Peer): void;
  /**
   * Asks the manager, again and again while it, or a host behind it, is away, until the signal aborts.
   * @throws ZedopsError any other refusal; CANCELLED by the signal.
   */
  ask<Answer>(question: (peer: Peer, signal: AbortSignal) => Promise<Answer>, signal: AbortSignal): Promise<Answer>;
}

const againMs = 1_000;

/** Makes the line; there is no manager at first. `ending` ends the waiting of those nobody else ends. */
export function createManagerLine(clock: Clock, ending: AbortSignal): ManagerLine {
  let current: Peer | undefined;
  const waiting = new Set<() => void>();
  const there = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  return {
    heard(peer) {
      if (peer === current) return;
      current = peer;
      void peer.closed.then(() => {
        if (current === peer) current = undefined;
      });
      for (const done of [...waiting]) done();
    },
    async ask(question, signal) {
      const either = AbortSignal.any([signal, ending]);
      for (;;) {
        signal.throwIfAborted();
        // An agent that ends leaves its jobs as they are, for its next process.
        if (ending.aborted) await new Promise(() => undefined);
        if (!current) {
          await there(either);
          continue;
        }
        try {
          return await question(current, either);
        } catch (error) {
          if (!(error instanceof ZedopsError) || (error.code !== 'UNREACHABLE' && !ending.aborted)) throw error;
          await pause(clock, againMs, either);
        }
      }
    },
  };
}
