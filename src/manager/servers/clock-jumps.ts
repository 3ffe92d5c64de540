import { type Clock, watchSetting } from '../../platform/clock.ts';

/** How a manager's clock was set while it ran. */
export interface ClockJumps {
  /** Looks at the clock. Has to be called now and then, to tell one setting from the next. */
  look(): void;
  /** Milliseconds by which the clock has been set ahead since a point in time it showed; 0 where it was not, or was set back. */
  aheadSince(time: number): number;
}

interface Jump {
  /** What the clock showed, or would have shown by now, without it: milliseconds since 1970. */
  readonly from: number;
  readonly ms: number;
}

/** Less than this is a clock that is kept right, in milliseconds. */
const leastMs = 60_000;
const mostKept = 64;

/**
 * Watches how the clock is set, from now on. A clock that showed less than a point in time, such as that of a machine just started, was wrong, and setting it ahead put it
 * right: that is not counted against that point. What a machine slept counts as set ahead.
 */
export function watchClockJumps(clock: Clock): ClockJumps {
  const setMs = watchSetting(clock);
  let seen = 0;
  let jumps: readonly Jump[] = [];
  const look = (): void => {
    const ms = setMs() - seen;
    if (Math.abs(ms) < leastMs) return;
    seen += ms;
    jumps = [...jumps, { from: clock.now() - ms, ms }];
    const [first, second, ...rest] = jumps;
    if (first && second && jumps.length > mostKept) jumps = [{ from: second.from, ms: first.ms + second.ms }, ...rest];
  };
  return {
    look,
    aheadSince(time) {
      look();
      return Math.max(
        0,
        jumps.reduce((sum, { from, ms }) => sum + (from >= time ? ms : 0), 0),
      );
    },
  };
}
