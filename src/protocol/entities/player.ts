import * as z from 'zod';

/** A player's name, as the game has it: any text but line breaks and other controls. */
export const PlayerName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^\u0000-\u001f\u007f]+$/, 'a name has no control characters');

/** A SteamID64, as text: it is larger than a number can hold. */
export const SteamId = z.string().regex(/^7656119\d{10}$/, 'a Steam id has 17 digits and begins with 7656119');

/** Where someone is in the world, in tiles; `z` is the floor. */
export const Position = z.object({ x: z.int(), y: z.int(), z: z.int() });
export type Position = z.infer<typeof Position>;

/** The player an event is about. What the game did not say is absent. */
export const EventPlayer = z.object({
  name: PlayerName,
  steamId: SteamId.optional(),
  position: Position.optional(),
  /** What was said, and where: chat only. */
  chat: z.object({ channel: z.string().max(64), text: z.string().max(1024) }).optional(),
});
export type EventPlayer = z.infer<typeof EventPlayer>;

/** Who is online on a server, as its agent last heard it from the game. */
export const OnlinePlayers = z.object({
  /** When the game said so, by the agent's clock. */
  at: z.iso.datetime(),
  /** The game's own count; it differs from the names where a name has a line break in it. */
  count: z.int().min(0),
  players: z
    .array(z.object({ name: PlayerName, steamId: SteamId.optional(), since: z.iso.datetime().optional() }))
    .max(256),
});
export type OnlinePlayers = z.infer<typeof OnlinePlayers>;
