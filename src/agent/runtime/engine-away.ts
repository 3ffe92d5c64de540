import { type Clock, pause } from '../../platform/clock.ts';
import { type ErrorExtras, ZedopsError } from '../../protocol/errors.ts';

/** The engine does not answer now: what it was asked for last may or may not have been done. */
export class EngineAway extends ZedopsError {
  constructor(message: string, extras: ErrorExtras = {}) {
    super('UNREACHABLE', message, extras);
  }
}

const retryMs = 2_000;
/** An engine that is upgraded with its host is back by then. */
const patienceMs = 600_000;

/** How {@link whenBack} waits. */
export interface WaitOptions {
  readonly clock: Clock;
  /** Ends the waiting: the error of the last try is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Told before each pause. */
  readonly onAway?: (error: EngineAway) => void;
  /**
   * How often it is done at most where it fails for another reason: engines are often too busy to remove what just ended.
   * Default 1.
   */
  readonly tries?: number;
}

/**
 * Does work that must not stay half done because the engine is being restarted: while that does not answer, it is done
 * anew every two seconds, for ten minutes. The work must be such that doing it again goes on with it.
 * @throws whatever else the work throws at the last of its tries, and EngineAway in the end.
 */
export async function whenBack<Result>(
  work: () => Promise<Result>,
  { clock, signal, onAway = () => undefined, tries = 1 }: WaitOptions,
): Promise<Result> {
  const deadline = clock.steady() + patienceMs;
  for (let failures = 0; ; ) {
    try {
      return await work();
    } catch (error) {
      const isAway = error instanceof EngineAway;
      if (!isAway) failures += 1;
      if (failures >= tries || signal?.aborted || clock.steady() >= deadline) throw error;
      if (isAway) onAway(error);
      await pause(clock, retryMs, signal);
    }
  }
}
