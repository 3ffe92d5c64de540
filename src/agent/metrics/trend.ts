import { isoTime } from '../../platform/clock.ts';
import { mostTrendPoints } from '../../protocol/entities/metrics.ts';

/** The last quarter of an hour of a few numbers. */
export interface Trend<Name extends string> {
  /** Takes the numbers of a moment, in milliseconds since 1970. One that follows another at once takes its place. */
  add(at: number, numbers: Readonly<Partial<Record<Name, number>>>): void;
  /** Everything from that long before `now`, oldest first. */
  points(now: number): readonly ({ readonly at: string } & Readonly<Partial<Record<Name, number>>>)[];
}

const keptMs = 15 * 60_000;
/** Moments that are closer share a place, so that the places last for the whole time however often one looks. */
const closestMs = keptMs / mostTrendPoints - 500;

/** Makes an empty trend: 180 places of eight bytes for each number, and for the time. */
export function createTrend<const Name extends string>(names: readonly Name[]): Trend<Name> {
  const width = names.length + 1;
  const cells = new Float64Array(mostTrendPoints * width);
  let count = 0;
  let next = 0;
  let placedAt = Number.NEGATIVE_INFINITY;

  return {
    add(at, numbers) {
      if (count > 0 && at >= placedAt && at - placedAt < closestMs) {
        next = (next + mostTrendPoints - 1) % mostTrendPoints;
      } else {
        placedAt = at;
        count = Math.min(mostTrendPoints, count + 1);
      }
      cells[next * width] = at;
      for (const [index, name] of names.entries()) cells[next * width + 1 + index] = numbers[name] ?? Number.NaN;
      next = (next + 1) % mostTrendPoints;
    },
    points(now) {
      const first = (next + mostTrendPoints - count) % mostTrendPoints;
      return Array.from({ length: count }, (_, index) => ((first + index) % mostTrendPoints) * width).flatMap(
        (place) => {
          const at = cells[place] ?? Number.NaN;
          // A point from the future was measured before the clock was set back.
          if (!(at <= now && now - at <= keptMs)) return [];
          const numbers: Partial<Record<Name, number>> = {};
          for (const [index, name] of names.entries()) {
            const number = cells[place + 1 + index] ?? Number.NaN;
            if (!Number.isNaN(number)) numbers[name] = number;
          }
          return [{ at: isoTime(at), ...numbers }];
        },
      );
    },
  };
}
