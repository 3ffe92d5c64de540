import { type Clock, pause } from '../platform/clock.ts';
import { createBackoff } from '../platform/network/backoff.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { serverShow } from '../protocol/operations/server.ts';
import type { ManagerClient } from './connect/manager-client.ts';

/** Waits for a game that could not be reached. */
export interface ReturnWatch {
  readonly isAway: boolean;
  /** Begins to look for it, once; `onBack` is called when it takes commands again. */
  begin(): void;
  /** Says that it was heard from otherwise. */
  heard(): void;
  close(): void;
}

/** Makes the watch for one server: it asks the manager for the server's state, more rarely the longer it takes. */
export function createReturnWatch(
  manager: Pick<ManagerClient, 'call'>,
  server: string,
  clock: Clock,
  onBack: () => void,
): ReturnWatch {
  let looking: AbortController | undefined;

  const look = async (signal: AbortSignal): Promise<void> => {
    const backoff = createBackoff(() => clock.steady());
    for (;;) {
      await pause(clock, backoff.next(), signal);
      if (signal.aborted) return;
      try {
        const { server: now } = await manager.call(serverShow, { server }, signal);
        if (signal.aborted) return;
        if (now.state !== 'ready' || now.staleSeconds !== undefined) continue;
        looking = undefined;
        onBack();
        return;
      } catch (error) {
        // Still away; whatever else it is, the next line that is sent says it.
        if (!(error instanceof ZedopsError)) throw error;
      }
    }
  };

  return {
    get isAway() {
      return looking !== undefined;
    },
    begin() {
      if (looking) return;
      looking = new AbortController();
      void look(looking.signal);
    },
    heard() {
      looking?.abort();
      looking = undefined;
    },
    close() {
      looking?.abort();
      looking = undefined;
    },
  };
}
