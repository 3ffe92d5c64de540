import type { ConsoleArrival } from '../../zomboid/console/console-players.ts';

/** Somebody whom the console of a server named, and when, in milliseconds since 1970. */
export interface HeardArrival {
  readonly atMs: number;
  readonly arrival: ConsoleArrival;
}

/** What consoles said of who came and went, until the files of their servers have been looked at. */
export interface ConsoleArrivals {
  add(serverId: string, heard: HeardArrival): void;
  /** Gives what was said before `untilMs`, in its order, and forgets it. */
  take(serverId: string, untilMs?: number): readonly HeardArrival[];
  forget(serverId: string): void;
}

/** A server that was just begun to be followed may have a day of output to tell; its last counts. */
const mostKept = 1_024;

/** Makes an empty keeper. */
export function createConsoleArrivals(): ConsoleArrivals {
  const kept = new Map<string, HeardArrival[]>();
  return {
    add(serverId, heard) {
      const some = kept.get(serverId) ?? [];
      kept.set(serverId, some);
      some.push(heard);
      if (some.length > mostKept) some.shift();
    },
    take(serverId, untilMs = Number.POSITIVE_INFINITY) {
      const some = kept.get(serverId) ?? [];
      const later = some.filter(({ atMs }) => atMs >= untilMs);
      if (later.length > 0) kept.set(serverId, later);
      else kept.delete(serverId);
      return some.filter(({ atMs }) => atMs < untilMs);
    },
    forget: (serverId) => void kept.delete(serverId),
  };
}
