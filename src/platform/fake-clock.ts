import type { Clock } from './clock.ts';

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Moves the time on by `ms` and runs, in order, what falls due on the way. */
  advance(ms: number): void;
  /** Sets the machine's clock ahead by `ms`, or back: no time passes by that. */
  set(ms: number): void;
  /** Timers not taken back yet: zero when nothing is left behind. */
  pending(): number;
}

interface Timer {
  readonly task: () => void;
  readonly everyMs: number | undefined;
  due: number;
}

/** Makes the one fake of {@link Clock}. */
export function createFakeClock(start: number): FakeClock {
  let now = start;
  let ahead = 0;
  const timers = new Set<Timer>();
  const add = (ms: number, task: () => void, everyMs?: number): (() => void) => {
    const timer: Timer = { task, everyMs, due: now + Math.max(ms, 0) };
    timers.add(timer);
    return () => {
      timers.delete(timer);
    };
  };
  return {
    now: () => now + ahead,
    steady: () => now - start,
    after: (ms, task) => add(ms, task),
    every: (ms, task) => add(Math.max(ms, 1), task, Math.max(ms, 1)),
    pending: () => timers.size,
    set(ms) {
      ahead += ms;
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = [...timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
        if (!next) break;
        now = Math.max(now, next.due);
        if (next.everyMs === undefined) timers.delete(next);
        else next.due += next.everyMs;
        next.task();
      }
      now = end;
    },
  };
}
