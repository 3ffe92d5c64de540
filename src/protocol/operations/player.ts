import * as z from 'zod';
import { FleetEvent } from '../entities/event.ts';
import {
  AccessLevel,
  PlayerAccount,
  PlayerName,
  PlayerRef,
  PlayerSession,
  SeenName,
  ServerPlayer,
  SteamBan,
  SteamId,
} from '../entities/player.ts';
import { ServerRef } from '../entities/server.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';
import { secret } from '../redact.ts';
import { SelectorText } from '../selector.ts';

/** Who is online on the servers one may read, or everyone who was ever seen there. */
export const playerList = operation({
  subject: 'player.list',
  summary: 'List players who are online, or all that are known',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({
    server: ServerRef.optional().describe('only those of this server'),
    on: SelectorText.optional().describe('only those of the servers that fit, such as "tag=eu"'),
    all: z.boolean().default(false).describe('also those who are not online now'),
    limit: z.int().min(1).max(5000).default(1000).describe('at most this many'),
  }),
  progress: noProgress,
  reply: z.object({
    players: z.array(ServerPlayer),
    /** Servers that run and of which it is not known who is online. */
    unknown: z.array(z.string()),
  }),
  timeoutMs: 10_000,
});

/** One player, by name in any case or by Steam id, on each server where they were seen. */
export const playerShow = operation({
  subject: 'player.show',
  summary: 'Show a player: where and how long they played, what they may do, bans',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({ player: PlayerRef, server: ServerRef.optional().describe('only on this server') }),
  progress: noProgress,
  reply: z.object({
    servers: z.array(
      ServerPlayer.extend({
        /** Absent where there is none, or it is not known. */
        account: PlayerAccount.optional(),
        steamBan: SteamBan.optional(),
        /** Why the server's own accounts could not be read. */
        accountUnknown: z.string().optional(),
      }),
    ),
    /** Every name of the Steam accounts among them, on any server one may read; absent where they have one name each. */
    names: z.array(SeenName).optional(),
  }),
  timeoutMs: 20_000,
});

/** Stays on servers and what happened in them, newest first. Events are kept 90 days, stays as long as the manager's setting says. */
export const playerHistory = operation({
  subject: 'player.history',
  summary: 'Show when players were on a server, and what they did there',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({
    player: PlayerRef.optional(),
    server: ServerRef.optional().describe('only on this server'),
    since: z.iso.datetime().optional().describe('only from this time on'),
    limit: z.int().min(1).max(1000).default(50).describe('at most this many sessions, and as many events'),
  }),
  progress: noProgress,
  reply: z.object({ sessions: z.array(PlayerSession), events: z.array(FleetEvent).max(1000) }),
  timeoutMs: 10_000,
});

const aim = {
  player: PlayerRef,
  server: ServerRef.optional().describe('on this server; left out: the one they are online on'),
};

const reason = z.string().min(1).max(200).optional().describe('why, as the player is told');

/** Whom an action means, and where: what it is done to, and the command that shows it before. */
export const playerFind = operation({
  subject: 'player.find',
  summary: 'Find the one player that a name or Steam id means, and the server they are on',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({
    ...aim,
    presence: z.enum(['online', 'any']).default('online').describe('online: they have to be on the server now'),
  }),
  progress: noProgress,
  reply: z.object({
    name: PlayerName,
    steamId: SteamId.optional(),
    server: z.string(),
    serverId: z.string(),
    /** Generation of the game, where it is known. */
    build: z.enum(['41', '42']).optional(),
  }),
  timeoutMs: 10_000,
});

const told = z.object({
  player: PlayerName,
  server: z.string(),
  /** What the game was told; secrets are taken out. */
  command: z.string(),
  /** What it answered. */
  answer: z.string(),
});

/** Throws a player out, who may come back. */
export const playerKick = operation({
  subject: 'player.kick',
  summary: 'Throw a player out of a server',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'player:manage',
  effect: 'write',
  request: z.object({ ...aim, reason }),
  progress: noProgress,
  reply: told,
  timeoutMs: 30_000,
});

/** Bans a player: an account by name, a Steam account by its id. */
export const playerBan = operation({
  subject: 'player.ban',
  summary: 'Ban a player from a server',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'player:manage',
  effect: 'write',
  request: z.object({ ...aim, reason }),
  progress: noProgress,
  reply: told,
  timeoutMs: 30_000,
});

/** Lifts a ban. */
export const playerUnban = operation({
  subject: 'player.unban',
  summary: 'Lift the ban of a player',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'player:manage',
  effect: 'write',
  request: z.object(aim),
  progress: noProgress,
  reply: told,
  timeoutMs: 30_000,
});

/** Lets someone in where only known ones may join: an account by name, or a Steam id (build 42). */
export const playerWhitelistAdd = operation({
  subject: 'player.whitelist-add',
  summary: 'Put a player on the whitelist of a server',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'player:manage',
  effect: 'write',
  request: z.object({ ...aim, password: secret(z.string().min(1).max(128)).optional() }),
  progress: noProgress,
  reply: told,
  timeoutMs: 30_000,
});

/** Takes an account, or a Steam id (build 42), off the whitelist. */
export const playerWhitelistRemove = operation({
  subject: 'player.whitelist-remove',
  summary: 'Take a player off the whitelist of a server',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'player:manage',
  effect: 'write',
  request: z.object(aim),
  progress: noProgress,
  reply: told,
  timeoutMs: 30_000,
});

/** Sets what a player may do in the game. */
export const playerAccess = operation({
  subject: 'player.access',
  summary: 'Set what a player may do in the game',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'player:manage',
  effect: 'write',
  request: z.object({ ...aim, level: AccessLevel.describe('a level of build 41 or a role of build 42') }),
  progress: noProgress,
  reply: told,
  timeoutMs: 30_000,
});

/** Writes to a player. The game has no private message from outside: everyone on the server reads it. */
export const playerMessage = operation({
  subject: 'player.message',
  summary: 'Write to a player, where everyone on the server can read it',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'player:manage',
  effect: 'write',
  request: z.object({ ...aim, text: z.string().min(1).max(400).describe('what to say') }),
  progress: noProgress,
  reply: told,
  timeoutMs: 30_000,
});

/** Puts a player beside another, or at a place. */
export const playerTeleport = operation({
  subject: 'player.teleport',
  summary: 'Bring a player to another one, or to a place',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'player:manage',
  effect: 'write',
  request: z.object({
    ...aim,
    to: z.string().min(1).max(128).describe('a player, or a place in tiles: 10600,9500,0'),
  }),
  progress: noProgress,
  reply: told,
  timeoutMs: 30_000,
});

/** Tells everyone on a server something. */
export const serverBroadcast = operation({
  subject: 'server.broadcast',
  summary: 'Tell everyone on a server something',
  runsOn: 'manager',
  audience: 'people',
  target: 'server',
  permission: 'server:console',
  effect: 'write',
  request: z.object({ server: ServerRef, text: z.string().min(1).max(400).describe('what to say') }),
  progress: noProgress,
  reply: z.object({ server: z.string(), command: z.string(), answer: z.string() }),
  timeoutMs: 30_000,
});

/** What a server's own database says of accounts; see {@link PlayerAccount}. */
export const agentAccounts = operation({
  subject: 'agent.accounts',
  summary: 'Read accounts in the database of a server',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: z.object({
    serverId: z.string().max(64),
    names: z.array(PlayerName).max(50),
    steamIds: z.array(SteamId).max(50),
  }),
  progress: noProgress,
  reply: z.object({ accounts: z.array(PlayerAccount).max(200), bans: z.array(SteamBan).max(200) }),
  timeoutMs: 10_000,
});
