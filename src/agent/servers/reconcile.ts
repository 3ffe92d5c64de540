import { type Clock, pause } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { Runtime, RuntimeEvent } from '../runtime/runtime.ts';
import type { Looker } from './looker.ts';
import type { Registry } from './registry.ts';

/** What {@link followRuntime} needs. */
export interface FollowOptions {
  readonly runtime: Runtime;
  readonly registry: Registry;
  readonly looker: Looker;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Told whenever the engine answers again, with everything looked at. */
  readonly onSight: () => void;
  /** Told whenever the engine does not answer any more, and why. */
  readonly onBlind: (problem: string) => void;
  /** Told what the engine says happened to a server's container, before that is looked at. */
  readonly onEvent: (server: DesiredServer, event: RuntimeEvent) => void;
}

const retryMs = 1_000;
const lookAllEveryMs = 300_000;

/**
 * Keeps what is observed true: follows the engine's events, looks at everything when they begin to flow and every five
 * minutes, and says so while the engine does not answer. Ends when the signal aborts.
 */
export async function followRuntime(options: FollowOptions): Promise<void> {
  const { runtime, registry, looker, clock, log, signal, onSight, onBlind, onEvent } = options;
  let problem: string | undefined;
  const report = (error: unknown): void => {
    log.error({ error: error instanceof Error ? error : undefined }, 'looking at a container failed');
  };
  const lookAtAll = async (): Promise<void> => {
    await looker.lookAtAll();
    if (problem !== undefined) log.info({}, 'the engine answers again');
    problem = undefined;
    onSight();
  };
  const stopLooking = clock.every(lookAllEveryMs, () => {
    if (problem === undefined) looker.lookAtAll().catch(report);
  });
  while (!signal.aborted) {
    const broken = new AbortController();
    try {
      await runtime.watch(
        (event) => {
          const server = registry.find(event.serverId);
          if (!server) return;
          onEvent(server, event);
          looker.look(server, event).catch(report);
        },
        () => {
          lookAtAll().catch((error) => broken.abort(error));
        },
        AbortSignal.any([signal, broken.signal]),
      );
      if (broken.signal.aborted) throw broken.signal.reason;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!signal.aborted && problem !== message) {
        log.error({}, message);
        problem = message;
        looker.blind(message);
        onBlind(message);
      }
    }
    await pause(clock, retryMs, signal);
  }
  stopLooking();
}
