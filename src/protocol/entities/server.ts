import * as z from 'zod';
import { CrashClass } from './crash-class.ts';
import { Deletion } from './deletion.ts';
import { OnlinePlayers } from './player.ts';
import { RconLink, RconWay } from './rcon-link.ts';
import { SettingChange } from './setting-change.ts';
import { Farewell } from './stop-wish.ts';
import { Tags } from './tag.ts';

/** A server's name: unique in the fleet, part of container and folder names. 2 to 32 of a-z, 0-9 and inner dashes. */
export const ServerName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/, 'a name has 2 to 32 of a-z, 0-9 and inner dashes, and starts with a letter');

/** Names a server in a request: its name or its id. */
export const ServerRef = z.string().min(2).max(64).describe('server, by name or id');

/** A TCP or UDP port a game may listen on. */
export const Port = z.int().min(1).max(65_535);

/** A port that the game listens on, the same inside and outside the container because the game announces its own. */
export const GamePort = z.object({
  name: z.enum(['game', 'direct']),
  port: Port,
  protocol: z.enum(['udp', 'tcp']),
});
export type GamePort = z.infer<typeof GamePort>;

/** A folder of the server on its host and where the image wants it. `folder` lies below `<data root>/<server name>/`. */
export const ServerVolume = z.object({
  folder: z.enum(['bin', 'data', 'workshop']),
  path: z.string().regex(/^\/[A-Za-z0-9._/-]+$/),
});
export type ServerVolume = z.infer<typeof ServerVolume>;

/** What of the environment means what to the game, worked out from the image's template by the manager. */
export const GameFacts = z.object({
  /** Base name of ini, database and save folder: the game's `-servername`. */
  worldName: z.string().min(1).max(64),
  ports: z.array(GamePort).max(8),
  /** Where RCON listens inside the container, and which env key holds its password. Absent: the game has no RCON. */
  rcon: z.object({ port: Port, passwordKey: z.string() }).optional(),
  volumes: z.array(ServerVolume).min(1).max(4),
  /** Who owns the server's files on the host. Absent: whoever the agent runs as. */
  owner: z.object({ uid: z.int().min(0).max(65_534), gid: z.int().min(0).max(65_534) }).optional(),
  /** Seconds the game may take from `quit` to its exit before a signal is sent. */
  stopSeconds: z.int().min(1).max(3600),
  /** Minutes without a line after which a game that starts is taken for stuck. Absent: as long as the agent thinks fit. */
  silentMinutes: z.int().min(1).max(1440).optional(),
});
export type GameFacts = z.infer<typeof GameFacts>;

/** Limits of a container. Absent memory or CPUs mean what the agent's host has. */
export const ServerLimits = z.object({
  memoryMb: z.int().min(64).max(4_194_304).optional(),
  cpus: z.number().min(0.1).max(1024).optional(),
});
export type ServerLimits = z.infer<typeof ServerLimits>;

/** Env of a game server. Values may be secret, so that no door but the agent's gets them in clear. */
export const ServerEnv = z.record(
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .max(128),
  z.string().max(65_536),
);

/** Which image a server runs: the template it was made from and the reference the engine pulls. */
export const ServerImage = z.object({
  template: z.string(),
  reference: z.string().max(512),
  pull: z.enum(['missing', 'always', 'never']),
});
export type ServerImage = z.infer<typeof ServerImage>;

/**
 * What a server should be. The manager writes it; the agent keeps the newest it was told.
 * `revision` grows with each change, so that an older one never replaces a newer one.
 */
export const DesiredServer = z.object({
  id: z.string(),
  name: ServerName,
  revision: z.int().min(1),
  power: z.enum(['on', 'off']),
  image: ServerImage,
  env: ServerEnv,
  /** Keys of `env` whose values are never shown, logged or exported. */
  secretKeys: z.array(z.string()),
  game: GameFacts,
  limits: ServerLimits,
  deleted: z.boolean(),
  /** Name of its folder below the data root, where that is not its own name: a rename leaves the world where it is. */
  folder: ServerName.optional(),
  /** A container of an older revision than this is to be rebuilt as soon as its host hears of it. */
  applyRevision: z.int().min(1).optional(),
});
export type DesiredServer = z.infer<typeof DesiredServer>;

/** The container (or process) of a server, as its engine reports it. */
export const ObservedContainer = z.object({
  id: z.string(),
  name: z.string(),
  image: z.string(),
  status: z.enum(['created', 'running', 'paused', 'restarting', 'exited', 'dead']),
  startedAt: z.iso.datetime({ offset: true }).optional(),
  finishedAt: z.iso.datetime({ offset: true }).optional(),
  exitCode: z.int().optional(),
  oomKilled: z.boolean().optional(),
  /** Ports of the host that lead to it. Absent where the engine publishes none of its own accord. */
  ports: z
    .array(z.object({ port: Port, protocol: z.enum(['udp', 'tcp']) }))
    .max(64)
    .optional(),
});
export type ObservedContainer = z.infer<typeof ObservedContainer>;

/** Something the agent does with a server right now. */
export const ServerActivity = z.object({
  /** Id of the request and of its job, if it is one. */
  id: z.string(),
  subject: z.string(),
  actor: z.string(),
  step: z.string(),
  percent: z.number().min(0).max(100).optional(),
  /** True while it only waits, and the game runs on. */
  waiting: z.boolean().optional(),
  since: z.iso.datetime(),
});
export type ServerActivity = z.infer<typeof ServerActivity>;

/** What speaks for a game taking players, or against it, in its present run. What is absent is not known. */
export const ServerEvidence = z.object({
  /** When it was gathered, by the agent's clock. */
  at: z.iso.datetime(),
  /** Whether the container (or process) runs. */
  container: z.boolean(),
  /** True once the log has said that the game has started. */
  marker: z.boolean().optional(),
  /** Whether the game's UDP port is bound where the game runs. */
  gamePort: z.boolean().optional(),
  /** The same of the second UDP port, through which players come in directly. It does not decide. */
  directPort: z.boolean().optional(),
  /** Whether the remote console takes the password. */
  rcon: z.boolean().optional(),
  /** How the remote console was reached in this run; absent before that. */
  rconWay: RconWay.optional(),
  /** Absent while nobody asks the remote console anything, and so before anyone did in this run. */
  rconLink: RconLink.optional(),
});
export type ServerEvidence = z.infer<typeof ServerEvidence>;

/** Who holds a server's lock: while it is held, nobody else changes the server. */
export const ServerLock = z.object({
  /** Id of the request, and of its job. */
  id: z.string(),
  subject: z.string(),
  actor: z.string(),
  since: z.iso.datetime(),
  /** When the running step gives up if nothing happens until then; absent for a step that has no such end. */
  deadlineAt: z.iso.datetime().optional(),
});
export type ServerLock = z.infer<typeof ServerLock>;

/** What a server is. The agent of its host writes it; the manager mirrors it. */
export const ObservedServer = z.object({
  id: z.string(),
  name: ServerName,
  /** When the agent looked, by the agent's clock. */
  at: z.iso.datetime(),
  /** The newest desired revision the agent was told. */
  revision: z.int(),
  container: ObservedContainer.optional(),
  /** The desired revision its container was made of. Absent: there is none, or it does not say. */
  appliedRevision: z.int().optional(),
  /** What of the newest desired revision its container does not have yet. Absent: not known. */
  waiting: z.array(SettingChange).max(64).optional(),
  /** The server's own folder on its host, in which its world lies. Absent: not looked at yet. */
  folder: z.string().max(4096).optional(),
  /** Whether the world's folder is there. Absent: not looked at yet. */
  data: z.enum(['present', 'missing']).optional(),
  /** Since when the game takes players; absent while it does not. */
  readyAt: z.iso.datetime().optional(),
  /** The game's own version, from its log. */
  gameVersion: z.string().optional(),
  /** Who is online. Absent: not known, such as while the game is not ready or has no RCON. */
  players: OnlinePlayers.optional(),
  /** What the game is at while it starts. */
  phase: z.string().optional(),
  activity: ServerActivity.optional(),
  evidence: ServerEvidence.optional(),
  lock: ServerLock.optional(),
  /** Names of all containers that carry this server's label, where there is more than the one there should be. */
  conflict: z.array(z.string().max(256)).min(2).max(16).optional(),
  /** The last exit, and whether ZedOps meant it to happen. */
  lastExit: z
    .object({
      at: z.iso.datetime({ offset: true }),
      exitCode: z.int().optional(),
      oomKilled: z.boolean(),
      expected: z.boolean(),
      /** What an unexpected exit was taken for; the evidence is kept under this id. */
      crash: z.object({ id: z.string(), class: CrashClass, reason: z.string() }).optional(),
    })
    .optional(),
  /** The last operation on this server, if it failed. */
  failure: z.object({ subject: z.string(), message: z.string(), at: z.iso.datetime() }).optional(),
  /** Why the agent cannot look at its containers now: what is said of them is from before that. */
  blind: z.string().max(1024).optional(),
  /** When the agent will start the crashed server again. */
  restartAt: z.iso.datetime().optional(),
  /** Set where the agent has given up starting it: since when, after how many crashes, within how long. */
  breaker: z.object({ since: z.iso.datetime(), crashes: z.int(), minutes: z.int() }).optional(),
});
export type ObservedServer = z.infer<typeof ObservedServer>;

/** The word shown for a server: derived from desired and observed, never stored. */
export const ServerState = z.enum([
  'creating',
  'pulling',
  'starting',
  'ready',
  'stopping',
  'stopped',
  'restarting',
  'paused',
  'crashed',
  'failed',
  'missing',
  'lost',
  'deleted',
  'unknown',
]);
export type ServerState = z.infer<typeof ServerState>;

/** One row of `server list`. */
export const ServerSummary = z.object({
  id: z.string(),
  name: ServerName,
  host: z.string(),
  state: ServerState,
  /** What is going on, when more is known than the state's word: a phase, a step, why it failed. */
  detail: z.string().optional(),
  image: z.string(),
  ports: z.array(GamePort),
  /** Seconds since the game took players; absent unless ready. */
  readySeconds: z.number().optional(),
  /** True when the host has not heard of the newest desired revision yet, or its container does not have it. */
  pending: z.boolean(),
  /** What waits for a restart or rebuild, as far as the host has told; absent where nothing does. */
  waiting: z.array(SettingChange).max(64).optional(),
  /** Age of the last word from the host in seconds; absent while it is connected. */
  staleSeconds: z.number().optional(),
  /** Absent where it has none. */
  tags: Tags.optional(),
  /** Set for a server that was deleted. */
  deletion: Deletion.optional(),
});
export type ServerSummary = z.infer<typeof ServerSummary>;

/** All of `server show`. Values of secret env keys are replaced by the word `set`. */
export const ServerDetails = ServerSummary.extend({
  hostId: z.string(),
  power: z.enum(['on', 'off']),
  revision: z.int(),
  template: z.string(),
  env: ServerEnv,
  secretKeys: z.array(z.string()),
  limits: ServerLimits,
  observed: ObservedServer.optional(),
  /** Where the world lies on its host, as that host says; absent while it has not. */
  folder: z.string().optional(),
  /** Seconds since the host last said anything, by the manager's clock; absent where it never has. */
  lastWordSeconds: z.number().optional(),
  createdAt: z.iso.datetime(),
});
export type ServerDetails = z.infer<typeof ServerDetails>;

/** How a stop went, step by step. */
export const StopReport = z.object({
  state: ServerState,
  /**
   * `confirmed`: the game's log says the save ended. `answered`: the game took the command, and its build prints no end
   * of a save. `no`: asked, and neither came. `not-asked`: RCON could not be reached.
   */
  saved: z.enum(['confirmed', 'answered', 'no', 'not-asked', 'was-stopped']),
  /** What ended the game in the end. */
  ended: z.enum(['quit', 'signal', 'kill', 'was-stopped']),
  seconds: z.number(),
  /** How players were treated; absent where the stop began at once. */
  farewell: Farewell.optional(),
  /** Seconds from the save command to the word that it has ended; absent where there was none. */
  saveSeconds: z.number().optional(),
  /** Seconds from `quit` to the exit; absent where it took more than `quit`. */
  quitSeconds: z.number().optional(),
});
export type StopReport = z.infer<typeof StopReport>;
