import type { Clock } from '../../platform/clock.ts';

/** One timer for any number of deadlines, which costs nothing where they are met. Times are of `Clock.steady`. */
export interface Alarm {
  /** Has it ring at `dueMs` at the latest. */
  by(dueMs: number): void;
  takeBack(): void;
}

/**
 * Makes an alarm. `ring` does what is due at the time it is given, and returns when to ring next, if at all: it may ring
 * before anything is due, because a deadline that was met is not taken back.
 */
export function createAlarm(clock: Clock, ring: (nowMs: number) => number | undefined): Alarm {
  let setFor = Number.POSITIVE_INFINITY;
  let takeBackTimer = (): void => undefined;
  const by = (dueMs: number): void => {
    if (dueMs >= setFor) return;
    takeBackTimer();
    setFor = dueMs;
    takeBackTimer = clock.after(Math.max(0, Math.ceil(dueMs - clock.steady())), () => {
      setFor = Number.POSITIVE_INFINITY;
      const next = ring(clock.steady());
      if (next !== undefined) by(next);
    });
  };
  return {
    by,
    takeBack() {
      takeBackTimer();
      setFor = Number.POSITIVE_INFINITY;
    },
  };
}
