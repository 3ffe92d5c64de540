import * as z from 'zod';
import { HandedLog, pieceBytes } from '../entities/relocation.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

const listRequest = z.object({
  serverId: z.string().max(64),
  /** True once the server is stopped for its move: nothing is added to its log on that host any more. */
  last: z.boolean(),
});
const readRequest = z.object({
  serverId: z.string().max(64),
  /** A piece as it was listed. */
  name: z.string().min(1).max(200),
  offset: z.int().min(0),
  length: z.int().min(1).max(pieceBytes),
});
/** Fewer bytes than asked for, or none: there the piece ends. */
const part = z.object({ data: z.base64().max(Math.ceil(pieceBytes / 3) * 4) });

/** Has the first host say what it keeps of a server's log, for the host the server goes to. */
export const relocationLogList = operation({
  subject: 'relocation.log-list',
  summary: 'List what is kept of the log of a server that is on its way to the host that asks',
  runsOn: 'manager',
  audience: 'agent',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: listRequest,
  progress: noProgress,
  reply: HandedLog,
  timeoutMs: 60_000,
});

/** Gives the host a server goes to a part of its kept log. */
export const relocationLogRead = operation({
  subject: 'relocation.log-read',
  summary: 'Read a part of the kept log of a server that is on its way to the host that asks',
  runsOn: 'manager',
  audience: 'agent',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: readRequest,
  progress: noProgress,
  reply: part,
  timeoutMs: 60_000,
});

/** Lists what a host keeps of the log of a server that leaves it; the last time, all of it. */
export const agentWorldLogList = operation({
  subject: 'agent.world-log-list',
  summary: 'List what is kept of the log of a server that leaves a host',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: listRequest,
  progress: noProgress,
  reply: HandedLog,
  timeoutMs: 60_000,
});

/** Reads a part of the kept log of a server that leaves a host. */
export const agentWorldLogRead = operation({
  subject: 'agent.world-log-read',
  summary: 'Read a part of the kept log of a server that leaves a host',
  runsOn: 'agent',
  audience: 'manager',
  target: 'fleet',
  permission: 'none',
  effect: 'read',
  request: readRequest,
  progress: noProgress,
  reply: part,
  timeoutMs: 60_000,
});
