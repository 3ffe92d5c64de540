import * as z from 'zod';
import { GameBuild, RconCommand } from '../entities/rcon.ts';
import { ServerRef } from '../entities/server.ts';
import { ErrorCode } from '../errors.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

/** Milliseconds above the longest a command may take. */
const timeoutMs = 150_000;

const seconds = z
  .int()
  .min(1)
  .max(120)
  .optional()
  .describe('seconds to wait for the answer; left out: 10, and 120 for a save');

const answer = {
  /** What the game said, as it said it. */
  text: z.string(),
  /** Milliseconds from the question to the answer, as the host measured them. */
  ms: z.number().min(0),
  /** Absent while the game has not told its version. */
  build: GameBuild.optional(),
};

/**
 * Has a running game carry out one console command. Every line is audited, without the passwords in it; on top of the
 * permission named here, each command needs one of its own.
 */
export const serverRcon = operation({
  subject: 'server.rcon',
  summary: 'Have a running game carry out a console command',
  runsOn: 'manager',
  audience: 'people',
  target: 'server',
  permission: 'server:read',
  effect: 'write',
  request: z.object({ server: ServerRef, command: RconCommand, seconds }),
  progress: noProgress,
  reply: z.object({
    ...answer,
    /** Set where the answer is known to be a refusal: the game itself has no word for failure. */
    failed: z.object({ code: ErrorCode, message: z.string(), hint: z.string().optional() }).optional(),
  }),
  timeoutMs,
});

/** The manager's question to a host, for {@link serverRcon}. */
export const agentRcon = operation({
  subject: 'agent.rcon',
  summary: 'Have a game of a host carry out a console command',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'write',
  request: z.object({ serverId: z.string(), command: RconCommand, seconds }),
  progress: noProgress,
  reply: z.object(answer),
  timeoutMs,
});
