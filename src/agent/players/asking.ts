import type { Clock } from '../../platform/clock.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { PlayersReply } from '../../zomboid/players/players.ts';
import type { AskPlayers } from './ask-players.ts';
import type { PlayerEvent, PlayerTracker } from './tracker.ts';

/** Asks one game who is online when it is time to. */
export interface Asking {
  /** Asks where that is due, without waiting for the answer; gives what follows from an answer that came since. */
  look(server: DesiredServer, hasFiles: boolean): readonly PlayerEvent[];
  /** Somebody came or went: asks a little later, when the game has taken note of it. */
  soon(): void;
  /** Another run of the game has begun: asks as soon as it is ready. */
  anew(): void;
  /** When the last answer was taken, in milliseconds since 1970; 0 before the first. */
  answeredMs(): number;
  /** Resolves when nothing is asked. */
  ended(): Promise<void>;
}

const everyMs = 60_000;
const soonMs = 2_000;
const doubtMs = 5_000;
/** Builds up to 42.15 do not answer at all where a name has letters outside ASCII. */
const silentMs = 300_000;
const mostFailures = 2;

/** Makes the asking of one server. */
export function createAsking({
  tracker,
  clock,
  ask,
}: {
  readonly tracker: PlayerTracker;
  readonly clock: Clock;
  readonly ask: AskPlayers;
}): Asking {
  /** By the steady clock. */
  let nextMs = 0;
  let answeredMs = 0;
  let failures = 0;
  /** A game says that it is ready a moment before its console listens: the first failure of a run counts for nothing. */
  let wasEarly = false;
  let round = 0;
  let underWay: Promise<void> | undefined;
  let waiting: { readonly reply: PlayersReply | undefined; readonly atMs: number } | undefined;
  let fault: { readonly cause: unknown } | undefined;

  const put = async (server: DesiredServer, nth: number): Promise<void> => {
    const reply = await ask(server);
    if (nth === round) waiting = { reply, atMs: clock.now() };
  };

  return {
    look(server, hasFiles) {
      if (fault) {
        const { cause } = fault;
        fault = undefined;
        throw cause;
      }
      const now = clock.steady();
      const came = waiting;
      waiting = undefined;
      let events: readonly PlayerEvent[] = [];
      if (came?.reply) {
        failures = 0;
        answeredMs = came.atMs;
        events = tracker.compare(came.reply, came.atMs, hasFiles);
        nextMs = now + (tracker.isInDoubt() ? doubtMs : everyMs);
      } else if (came && !wasEarly && answeredMs === 0) {
        wasEarly = true;
        nextMs = now + doubtMs;
      } else if (came) {
        failures += 1;
        nextMs = now + (failures >= mostFailures ? silentMs : everyMs);
        if (hasFiles || failures >= mostFailures) tracker.forgetAnswer();
      }
      if (!underWay && now >= nextMs) {
        nextMs = now + everyMs;
        underWay = put(server, round)
          .catch((cause: unknown) => {
            fault = { cause };
          })
          .finally(() => {
            underWay = undefined;
          });
      }
      return events;
    },
    soon() {
      if (failures < mostFailures) nextMs = Math.min(nextMs, clock.steady() + soonMs);
    },
    anew() {
      round += 1;
      nextMs = 0;
      answeredMs = 0;
      failures = 0;
      wasEarly = false;
      waiting = undefined;
      tracker.forgetAnswer();
    },
    answeredMs: () => answeredMs,
    ended: async () => underWay,
  };
}
