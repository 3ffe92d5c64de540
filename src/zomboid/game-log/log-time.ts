/** Where a server's clock hangs: turns the time it writes into a point in time. */
export interface LogZone {
  /** Milliseconds since 1970 of a time on that clock, given as if the clock showed UTC. */
  epochOf(wallMs: number): number;
}

const quarterMs = 15 * 60_000;
/** No clock on earth is further from UTC than 14 hours. */
const furthestMs = 14 * 3_600_000;

/** A clock that is `offsetMs` ahead of UTC. */
export function fixedZone(offsetMs: number): LogZone {
  return { epochOf: (wallMs) => wallMs - offsetMs };
}

/** The clock of a zone by its name, such as `Europe/Berlin`; undefined for a name that means nothing. */
export function namedZone(name: string): LogZone | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const offsetAt = (epochMs: number): number => {
    const part = new Map(format.formatToParts(epochMs).map(({ type, value }) => [type, Number(value)]));
    const of = (type: Intl.DateTimeFormatPartTypes): number => part.get(type) ?? 0;
    const shown = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
    return shown - Math.floor(epochMs / 1000) * 1000;
  };
  return {
    epochOf(wallMs) {
      // The offset at a time near the one that is looked for, then at that one: they differ where summer time begins.
      const near = wallMs - offsetAt(wallMs);
      return wallMs - offsetAt(near);
    },
  };
}

/**
 * How far a clock is ahead of UTC, from a time it wrote and the time that was: whole quarters of an hour. Undefined where
 * the two are more than two minutes from that, so that nothing can be said.
 */
export function measuredOffset(wallMs: number, epochMs: number): number | undefined {
  const offset = Math.round((wallMs - epochMs) / quarterMs) * quarterMs;
  const rest = Math.abs(wallMs - epochMs - offset);
  return rest > 120_000 || Math.abs(offset) > furthestMs ? undefined : offset;
}
