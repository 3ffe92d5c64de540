import * as z from 'zod';

/** How players are to be treated by a stop or restart. Everything is optional: without any of it the stop begins at once. */
export const StopWish = z.object({
  /** Seconds before the stop at which players are told in the game, in any order. */
  warnSeconds: z.array(z.int().min(1).max(86_400)).max(20).optional(),
  /** Wait until nobody is online. */
  whenEmpty: z.boolean().optional(),
  /** Seconds after which it stops although players are online; only together with `whenEmpty`. */
  maxWaitSeconds: z.int().min(1).max(604_800).optional(),
  /** Shown to players with every message. */
  reason: z.string().trim().min(1).max(200).optional(),
});
export type StopWish = z.infer<typeof StopWish>;

/** What came of it: how a stop waited, and who was told. */
export const Farewell = z.object({
  /**
   * Why the waiting ended. `empty`: nobody was online. `time`: the countdown, or the longest wait, was over.
   * `not-running`: the game ended by itself meanwhile.
   */
  ended: z.enum(['empty', 'time', 'not-running']),
  waitedSeconds: z.number(),
  /** Players online when it last asked; absent where the game did not say. */
  players: z.int().optional(),
  /** The first message that reached the game: seconds before the stop, and players online then. */
  warned: z.object({ seconds: z.number(), players: z.int().optional() }).optional(),
  /** Why a message did not reach the game. */
  unheard: z.string().max(1024).optional(),
});
export type Farewell = z.infer<typeof Farewell>;
