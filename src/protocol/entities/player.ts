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
  /** Whose word it is: the game's own, when it was asked, or that of its log files. */
  by: z.enum(['game', 'files']).optional(),
  players: z
    .array(z.object({ name: PlayerName, steamId: SteamId.optional(), since: z.iso.datetime().optional() }))
    .max(256),
});
export type OnlinePlayers = z.infer<typeof OnlinePlayers>;

/** Names a player in a request: by name, or by Steam id. */
export const PlayerRef = PlayerName.describe('player, by name or Steam id');

/** A player on one server. What is not known is absent. */
export const ServerPlayer = z.object({
  name: PlayerName,
  steamId: SteamId.optional(),
  server: z.string(),
  serverId: z.string(),
  host: z.string(),
  /** Absent while the host is away, or has not heard it from the game. */
  online: z.boolean().optional(),
  /** Since when they are online. */
  since: z.iso.datetime().optional(),
  /** From here on: of what is kept; absent for someone of whom only the name is known, because they are online. */
  firstSeenAt: z.iso.datetime().optional(),
  lastSeenAt: z.iso.datetime().optional(),
  /** Sum of all sessions, and of the present one as far as the host has told. */
  playedSeconds: z.number().min(0).optional(),
  sessions: z.int().min(0).optional(),
  deaths: z.int().min(0).optional(),
});
export type ServerPlayer = z.infer<typeof ServerPlayer>;

/** A name under which a Steam account was seen, and the servers on which it was, the latest first. */
export const SeenName = z.object({
  steamId: SteamId,
  name: PlayerName,
  servers: z.array(z.object({ server: z.string(), serverId: z.string(), lastSeenAt: z.iso.datetime() })),
});
export type SeenName = z.infer<typeof SeenName>;

/**
 * One stay of a player on a server. Without `leftAt` it goes on (`state` is `open`), or its host is away and nobody can
 * say (`away`). `unknown`: nobody said how it ended, and it is counted up to the last sign of the player.
 */
export const PlayerSession = z.object({
  name: PlayerName,
  steamId: SteamId.optional(),
  server: z.string(),
  serverId: z.string(),
  host: z.string(),
  joinedAt: z.iso.datetime(),
  /** The last that was heard of them in it. */
  seenAt: z.iso.datetime(),
  leftAt: z.iso.datetime().optional(),
  state: z.enum(['open', 'away', 'left', 'stopped', 'crashed', 'unknown']),
  /** Why they left, where somebody made them. */
  removed: z.enum(['kicked', 'banned']).optional(),
  deaths: z.int().min(0),
});
export type PlayerSession = z.infer<typeof PlayerSession>;

/** What the server's own database says of an account. What its build does not keep is absent. */
export const PlayerAccount = z.object({
  name: z.string().max(128),
  steamId: SteamId.optional(),
  /** The game's word for what they may do: a level of build 41, a role of build 42. */
  accessLevel: z.string().max(64).optional(),
  isBanned: z.boolean(),
  /** As the game wrote it. */
  lastConnection: z.string().max(64).optional(),
});
export type PlayerAccount = z.infer<typeof PlayerAccount>;

/** A Steam account that the server's own database has as banned. */
export const SteamBan = z.object({ steamId: SteamId, reason: z.string().max(512).optional() });
export type SteamBan = z.infer<typeof SteamBan>;

/** An access level of build 41 or a role of build 42, to which admins may add their own. */
export const AccessLevel = z
  .string()
  .regex(/^[\p{L}\p{N}_-]{1,32}$/u, 'a level has 1 to 32 letters, digits, dashes and underscores');
