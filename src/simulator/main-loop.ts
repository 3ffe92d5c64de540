import type { Clock } from '../platform/clock.ts';

/** The one thread on which the game does everything: commands and saves wait for one another. */
export interface MainLoop {
  /** Does a task on the next turn, after all that were given before it. Never settles once the loop has ended. */
  run<Result>(task: () => Result | Promise<Result>): Promise<Result>;
  /** Takes no further task; resolves when the one that is under way has ended. */
  end(): Promise<void>;
}

/** Milliseconds from one look at waiting commands to the next. */
const turnMs = 50;

/** Makes the loop. It stands still, and costs nothing, while there is nothing to do. */
export function createMainLoop(clock: Clock): MainLoop {
  const startedAt = clock.steady();
  const waiting: (() => Promise<void>)[] = [];
  let awake = false;
  let ended = false;
  let current: Promise<unknown> = Promise.resolve();

  const turn = async (): Promise<void> => {
    // What is asked for during a turn is done in the next one.
    for (const task of waiting.splice(0)) {
      if (ended) return;
      current = task();
      await current;
    }
    awake = false;
    wake();
  };
  const wake = (): void => {
    if (awake || ended || waiting.length === 0) return;
    awake = true;
    clock.after(turnMs - ((clock.steady() - startedAt) % turnMs), () => void turn());
  };
  return {
    run(task) {
      return new Promise((resolve, reject) => {
        waiting.push(async () => {
          try {
            resolve(await task());
          } catch (error) {
            reject(error);
          }
        });
        wake();
      });
    },
    async end() {
      ended = true;
      waiting.length = 0;
      await current;
    },
  };
}
