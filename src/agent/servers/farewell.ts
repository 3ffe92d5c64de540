import type { Clock } from '../../platform/clock.ts';
import type { Step } from '../../protocol/entities/job.ts';
import type { Farewell, StopWish } from '../../protocol/entities/stop-wish.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { parsePlayers } from '../../zomboid/players/players.ts';
import { quoteArgument } from '../../zomboid/rcon/rcon-quoting.ts';
import { cancelledText, planCountdown, spelled, warningText } from './countdown.ts';
import { abortReason } from './until.ts';

/** A stop or restart as players will live through it. */
export interface Leave extends StopWish {
  readonly kind: 'stop' | 'restart';
  /** When it was first asked for, in milliseconds since 1970: an agent that was restarted counts on from there. */
  readonly begunAt: number;
}

/** What {@link sayFarewell} needs. */
export interface FarewellDeps {
  readonly clock: Clock;
  /** Has the game carry out one command and resolves with its answer. @throws ZedopsError where it cannot be reached. */
  readonly ask: (command: string) => Promise<string>;
  /** How many the game's files say to be online, for a game that does not; undefined where they do not either. */
  readonly online?: () => number | undefined;
  /** Waits `ms`; resolves with true, at once, when the game has ended meanwhile. Rejects when the signal aborts. */
  readonly gameEnds: (ms: number) => Promise<boolean>;
  readonly report: (step: Step) => void;
  /** Aborted to cancel the stop. */
  readonly signal: AbortSignal;
}

/** A farewell that was said; `takeBack` tells those who heard it that the stop is off. */
export interface Said {
  readonly farewell: Farewell;
  readonly takeBack: () => Promise<void>;
}

/** Who is online is asked this often: no operation falls silent for longer than 30 s. */
const lookMs = 15_000;
/** A warning this near to its time is told by its own words and not by those of the clock. */
const nearSeconds = 5;

/** Says whether a stop waits for anything or tells anyone. */
export function isLongLeave({ warnSeconds, whenEmpty, reason }: StopWish): boolean {
  return whenEmpty === true || reason !== undefined || (warnSeconds !== undefined && warnSeconds.length > 0);
}

/**
 * Counts down in the game, or waits until nobody is online, and resolves when the stop may begin. With nobody online it
 * resolves at once. A game that cannot be reached is asked again; the countdown goes on meanwhile, and the result says so.
 * @throws ZedopsError CANCELLED when the signal aborts, after the players were told.
 */
export async function sayFarewell(leave: Leave, deps: FarewellDeps): Promise<Said> {
  const { clock, ask, gameEnds, report, signal } = deps;
  const { kind, reason } = leave;
  // From here on the time that passes counts, and not what the clock is set to.
  const begun = clock.now();
  const begunSteady = clock.steady();
  const now = (): number => begun + clock.steady() - begunSteady;
  const { endsAt, warnings } = planCountdown(leave, leave.begunAt, begun);
  const first = warnings[0] ?? 0;
  // Before a restart of the agent they may have heard it; nobody is hurt by hearing that it is off.
  let wasHeard = endsAt !== undefined && leave.begunAt + lookMs < begun && endsAt - first * 1000 <= begun;
  let toldSeconds = Number.POSITIVE_INFINITY;
  let players: number | undefined;
  let warned: Farewell['warned'];
  let unheard: string | undefined;
  let silence = '';

  const count = async (): Promise<void> => {
    players = undefined;
    try {
      players = parsePlayers(await ask('players'))?.count;
      silence = 'the game did not say';
    } catch (error) {
      silence = messageOf(error);
    }
    players ??= deps.online?.();
  };
  const say = async (text: string, seconds: number): Promise<void> => {
    try {
      await ask(`servermsg ${quoteArgument(text)}`);
      wasHeard = true;
      warned ??= { seconds, ...(players === undefined ? {} : { players }) };
    } catch (error) {
      unheard = messageOf(error);
    }
  };
  const takeBack = async (): Promise<void> => {
    if (!wasHeard) return;
    try {
      await ask(`servermsg ${quoteArgument(cancelledText(kind))}`);
    } catch (error) {
      report({ step: `players could not be told that it is off: ${messageOf(error)}` });
    }
  };
  const said = (ended: Farewell['ended']): Said => ({
    farewell: {
      ended,
      waitedSeconds: (now() - begun) / 1000,
      ...(players === undefined ? {} : { players }),
      ...(warned === undefined ? {} : { warned }),
      ...(unheard === undefined ? {} : { unheard }),
    },
    takeBack,
  });

  try {
    for (;;) {
      if (signal.aborted) throw abortReason(signal);
      await count();
      if (players === 0) {
        report({ step: 'nobody is online' });
        return said('empty');
      }
      const leftSeconds = endsAt === undefined ? undefined : Math.max(0, (endsAt - now()) / 1000);
      report({ step: describe(kind, players ?? silence, leftSeconds), waiting: true });
      if (leftSeconds === 0) {
        await say(warningText(kind, 0, reason), 0);
        return said('time');
      }
      const due = warnings.findLast((seconds) => leftSeconds !== undefined && leftSeconds <= seconds);
      if (due !== undefined && leftSeconds !== undefined && due < toldSeconds) {
        toldSeconds = due;
        const seconds = due - leftSeconds < nearSeconds ? due : Math.round(leftSeconds);
        await say(warningText(kind, seconds, reason), seconds);
      }
      const left = warnings.filter((seconds) => seconds < toldSeconds);
      if (await gameEnds(untilNext(left, endsAt, now()))) return said('not-running');
    }
  } catch (error) {
    if (signal.aborted) await takeBack();
    throw error;
  }
}

/**
 * Milliseconds until there is something to say or to look at; `warnings` are those not told yet. What became due while
 * the game was asked is due now.
 */
function untilNext(warnings: readonly number[], endsAt: number | undefined, now: number): number {
  if (endsAt === undefined) return lookMs;
  const times = [endsAt, ...warnings.map((seconds) => endsAt - seconds * 1000)];
  return Math.max(0, Math.min(lookMs, ...times.map((at) => at - now)));
}

function describe(kind: Leave['kind'], players: number | string, leftSeconds: number | undefined): string {
  const who = typeof players === 'string' ? `who is online is not known (${players})` : `${players} online`;
  if (leftSeconds === undefined) return `waiting until nobody is online: ${who}`;
  // By the minute, so that a log of the steps stays short.
  const rounded = leftSeconds > 60 ? Math.ceil(leftSeconds / 60) * 60 : leftSeconds;
  return `${kind} in ${spelled(rounded)}, ${who}`.slice(0, 512);
}

function messageOf(error: unknown): string {
  if (error instanceof ZedopsError) return error.message.slice(0, 400);
  throw error;
}
