import * as z from 'zod';
import { CrashClass } from './crash-class.ts';
import { HostFacts } from './host.ts';
import { GamePort, ServerEnv, ServerLimits, ServerName } from './server.ts';

/** An exit of a game that nobody meant to happen. Its host keeps it; nobody else does. */
export const Crash = z.object({
  id: z.string().max(64),
  serverId: z.string().max(64),
  server: ServerName,
  /** When the game ended, by its engine. */
  at: z.iso.datetime({ offset: true }),
  startedAt: z.iso.datetime({ offset: true }).optional(),
  /** Since when the game had taken players; absent where it had not come that far. */
  readyAt: z.iso.datetime().optional(),
  exitCode: z.int().optional(),
  oomKilled: z.boolean(),
  class: CrashClass,
  /** One sentence without a full stop. */
  reason: z.string().max(512),
  hint: z.string().max(512),
  /** The line of the log that gave it away. */
  line: z.string().max(2048).optional(),
  gameVersion: z.string().max(128).optional(),
  image: z.string().max(512),
});
export type Crash = z.infer<typeof Crash>;

/** A crash with the name of the host that keeps it. */
export const HostCrash = Crash.extend({ host: z.string() });
export type HostCrash = z.infer<typeof HostCrash>;

/** What the server was when it crashed. Values of secret env keys are replaced by the word `set`. */
export const CrashedSpec = z.object({
  revision: z.int(),
  template: z.string(),
  image: z.string(),
  worldName: z.string(),
  ports: z.array(GamePort),
  limits: ServerLimits,
  env: ServerEnv,
});
export type CrashedSpec = z.infer<typeof CrashedSpec>;

/** Most lines kept of one crash. */
export const mostCrashLines = 2000;

/** A crash with all that is kept of it. */
export const CrashEvidence = z.object({
  crash: Crash,
  spec: CrashedSpec,
  facts: HostFacts,
  /** The last lines of the run: `<RFC 3339 time> <text>`, with the server's secrets hidden. */
  lines: z.array(z.string()).max(mostCrashLines),
});
export type CrashEvidence = z.infer<typeof CrashEvidence>;
