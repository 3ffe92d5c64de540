import * as z from 'zod';
import { Step } from '../entities/job.ts';
import { batch, batchCost, DescribedWorld, pieceBytes, RelocationPhase } from '../entities/relocation.ts';
import { DesiredServer, ServerName, ServerRef, ServerState, StopReport } from '../entities/server.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

/** Moves a server with its world to another host. The host it goes to carries it out and asks the manager for the world. */
export const serverRelocate = operation({
  subject: 'server.relocate',
  summary: 'Move a server with its world to another host',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:configure',
  effect: 'write',
  request: z.object({ server: ServerRef, toHost: z.string().min(1).max(64).describe('host to move it to') }),
  progress: Step,
  reply: z.object({
    name: ServerName,
    /** Its folder on the host it is on now. */
    folder: z.string(),
    stop: StopReport.optional(),
    state: ServerState,
    readyAt: z.iso.datetime().optional(),
  }),
  timeoutMs: 120_000,
  lasting: 'job',
  lock: 'server',
});

/**
 * Takes a server back to a host it was moved from, from the world that host has kept, where the host it is on is gone for
 * good. Refused unless that one's certificate was revoked: a host that may come back may still run it.
 */
export const serverTakeBack = operation({
  subject: 'server.take-back',
  summary: 'Take a server back from a host that is gone for good',
  runsOn: 'manager',
  audience: 'people',
  target: 'server',
  permission: 'server:configure',
  effect: 'destroy',
  request: z.object({ server: ServerRef, toHost: z.string().min(1).max(64).describe('host that has kept its world') }),
  progress: Step,
  reply: z.object({
    name: ServerName,
    /** The host it was on. */
    fromHost: z.string(),
    /** When the world that is in force now was left behind: what was played since is lost. Absent where the move had not ended. */
    keptSince: z.iso.datetime().optional(),
    /** False where its host has gone away meanwhile: it is taken back as soon as that is online. */
    done: z.boolean(),
    /** Why it does not run. */
    problem: z.string().optional(),
  }),
  timeoutMs: 300_000,
});

const describeRequest = z.object({
  serverId: z.string().max(64),
  /** True while the game may be writing to it. */
  live: z.boolean(),
});
const readRequest = z.object({
  serverId: z.string().max(64),
  /** A file below the server's folder, as in its manifest; absent for the manifest itself. */
  path: z.string().min(1).max(4096).optional(),
  offset: z.int().min(0),
  length: z.int().min(1).max(pieceBytes),
});
/** Fewer bytes than asked for, or none: there the file ends. */
const piece = z.object({ data: z.base64().max(Math.ceil(pieceBytes / 3) * 4) });

const readManyRequest = z.object({
  serverId: z.string().max(64),
  /** Files below the server's folder, each with the bytes to read of it, from its beginning. */
  files: z
    .array(z.object({ path: z.string().min(1).max(4096), length: z.int().min(1).max(pieceBytes) }))
    .min(1)
    .max(batch.files)
    .refine(
      (files) => files.reduce((sum, file) => sum + batchCost(file), 0) <= batch.bytes,
      'is too much for one answer',
    ),
});
/** One for each file, in their order, with fewer bytes than asked for where it ends; null for one that is not there. */
const pieces = z.object({
  files: z
    .array(
      z
        .base64()
        .max(Math.ceil(pieceBytes / 3) * 4)
        .nullable(),
    )
    .max(batch.files),
});

/** Has the first host say what is in a world, for the host it goes to. */
export const relocationDescribe = operation({
  subject: 'relocation.describe',
  summary: 'Describe a world that is on its way to the host that asks',
  runsOn: 'manager',
  audience: 'agent',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: describeRequest,
  progress: Step,
  reply: DescribedWorld,
  timeoutMs: 300_000,
});

/** Gives the host a world goes to a piece of one of its files. */
export const relocationRead = operation({
  subject: 'relocation.read',
  summary: 'Read a piece of a world that is on its way to the host that asks',
  runsOn: 'manager',
  audience: 'agent',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: readRequest,
  progress: noProgress,
  reply: piece,
  timeoutMs: 60_000,
});

/** Gives the host a world goes to many of its small files at once. */
export const relocationReadMany = operation({
  subject: 'relocation.read-many',
  summary: 'Read small files of a world that is on its way to the host that asks',
  runsOn: 'manager',
  audience: 'agent',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: readManyRequest,
  progress: noProgress,
  reply: pieces,
  timeoutMs: 60_000,
});

/** Takes a relocation further, at the word of the host the server goes to. Asking twice is no error. */
export const relocationStep = operation({
  subject: 'relocation.step',
  summary: 'Take the move of a server to the host that asks a step further',
  runsOn: 'manager',
  audience: 'agent',
  target: 'fleet',
  permission: 'none',
  effect: 'write',
  request: z.object({
    serverId: z.string().max(64),
    /** The job of the relocation on the host that asks. */
    jobId: z.string().max(64),
    step: z.enum(['look', 'stop', 'switch', 'settle', 'back']),
  }),
  progress: Step,
  reply: z.object({
    /** `none`: there is no such relocation any more. */
    phase: z.enum([...RelocationPhase.options, 'none']),
    server: DesiredServer.optional(),
    stop: StopReport.optional(),
  }),
  timeoutMs: 120_000,
});

/** Has a host write down what is in a server's folder. */
export const agentWorldDescribe = operation({
  subject: 'agent.world-describe',
  summary: 'Describe a world that leaves a host',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: describeRequest,
  progress: Step,
  reply: DescribedWorld,
  timeoutMs: 300_000,
});

/** Reads a piece of a world that leaves a host. */
export const agentWorldRead = operation({
  subject: 'agent.world-read',
  summary: 'Read a piece of a world that leaves a host',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: readRequest,
  progress: noProgress,
  reply: piece,
  timeoutMs: 60_000,
});

/** Reads small files of a world that leaves a host. */
export const agentWorldReadMany = operation({
  subject: 'agent.world-read-many',
  summary: 'Read small files of a world that leaves a host',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: readManyRequest,
  progress: noProgress,
  reply: pieces,
  timeoutMs: 60_000,
});

/**
 * Tells the host a server leaves what to do with it: stop it and keep it stopped; let it go for good, its folder kept
 * for a day; or take it back and run it as before. `kept` only asks whether its world is there.
 */
export const agentWorldStep = operation({
  subject: 'agent.world-step',
  summary: 'Stop, let go of or take back a server that leaves a host',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'write',
  request: z.object({
    server: DesiredServer,
    jobId: z.string().max(64),
    actor: z.string().max(256),
    step: z.enum(['stop', 'leave', 'return', 'kept']),
  }),
  progress: Step,
  reply: z.object({
    stop: StopReport.optional(),
    /** Where the original is kept. */
    originalAt: z.string().optional(),
    /** When that was left behind. */
    keptSince: z.iso.datetime().optional(),
    /** Why it does not run again, where it was taken back. */
    problem: z.string().optional(),
  }),
  timeoutMs: 120_000,
});

/** Has a host stop a server that is another host's by now, and keep it from running. Its folder stays as it is. */
export const agentWorldHold = operation({
  subject: 'agent.world-hold',
  summary: 'Stop a server that is another host’s by now, and keep it stopped',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'write',
  request: z.object({ serverId: z.string().max(64), jobId: z.string().max(64) }),
  progress: Step,
  reply: z.object({ stop: StopReport.optional() }),
  timeoutMs: 120_000,
});
