import * as z from 'zod';
import { HostRef } from '../entities/host.ts';
import { Step } from '../entities/job.ts';
import { LogCursor, LogItem } from '../entities/log.ts';
import {
  ServerDetails,
  ServerEnv,
  ServerLimits,
  ServerName,
  ServerRef,
  ServerState,
  ServerSummary,
  StopReport,
} from '../entities/server.ts';
import { StopWish } from '../entities/stop-wish.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';
import { secret } from '../redact.ts';
import { SelectorText } from '../selector.ts';

const serverOnly = z.object({ server: ServerRef });
const stopRequest = serverOnly.extend(StopWish.shape);

/** Makes a server on a host and, unless told otherwise, starts it. */
export const serverCreate = operation({
  subject: 'server.create',
  summary: 'Create a server on a host',
  runsOn: 'agent',
  audience: 'people',
  target: 'host',
  permission: 'server:create',
  effect: 'write',
  request: z.object({
    name: ServerName.describe('name of the new server'),
    host: HostRef.optional().describe('host to create it on; may be left out where there is one'),
    image: z.string().max(256).default('steam-zomboid').describe('image template, with :tag for another tag'),
    env: secret(ServerEnv).describe('settings of the game, as in the env file'),
    limits: ServerLimits.default({}),
    pull: z.enum(['missing', 'always', 'never']).optional().describe('when to pull the image'),
    start: z.boolean().default(true).describe('start it when it is made'),
    useExistingData: z.boolean().optional().describe('take over what its folder on the host holds already'),
  }),
  progress: Step,
  reply: z.object({ id: z.string(), name: ServerName, state: ServerState, readyAt: z.iso.datetime().optional() }),
  timeoutMs: 120_000,
  lasting: 'job',
  lock: 'server',
});

/** All servers one may see. */
export const serverList = operation({
  subject: 'server.list',
  summary: 'List servers with their state',
  runsOn: 'manager',
  audience: 'people',
  target: 'list',
  permission: 'server:read',
  effect: 'read',
  request: z.object({
    host: HostRef.optional().describe('only those on this host'),
    deleted: z.boolean().default(false).describe('only those deleted and not purged yet'),
    on: SelectorText.optional().describe('only those that fit, such as "tag=eu and state=ready"'),
  }),
  progress: noProgress,
  reply: z.object({
    servers: z.array(ServerSummary),
    /** Servers that neither fit nor do not, because something the selector asks for is not known of them. */
    undecided: z.array(ServerName).optional(),
  }),
  timeoutMs: 10_000,
});

/** One server, with the evidence for its state. */
export const serverShow = operation({
  subject: 'server.show',
  summary: 'Show a server: state, ports, settings, evidence',
  runsOn: 'manager',
  audience: 'people',
  target: 'server',
  permission: 'server:read',
  effect: 'read',
  request: serverOnly,
  progress: noProgress,
  reply: z.object({ server: ServerDetails }),
  timeoutMs: 10_000,
});

/** Starts a server and waits until the game takes players. */
export const serverStart = operation({
  subject: 'server.start',
  summary: 'Start a server and wait until it is ready',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:control',
  effect: 'write',
  request: serverOnly,
  progress: Step,
  reply: z.object({ state: ServerState, readyAt: z.iso.datetime().optional() }),
  timeoutMs: 120_000,
  lasting: 'job',
  lock: 'server',
});

/** Stops a server without losing a world: save, confirmation, quit, and only then a signal. */
export const serverStop = operation({
  subject: 'server.stop',
  summary: 'Stop a server: save, wait for the save, quit, wait for the exit',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:control',
  effect: 'write',
  request: stopRequest,
  progress: Step,
  reply: StopReport,
  timeoutMs: 120_000,
  lasting: 'job',
  lock: 'server',
});

/** Stops a server as {@link serverStop} does and starts it again. */
export const serverRestart = operation({
  subject: 'server.restart',
  summary: 'Restart a server: stop it as `stop` does, then start it',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:control',
  effect: 'write',
  request: stopRequest,
  progress: Step,
  reply: z.object({ stop: StopReport, state: ServerState, readyAt: z.iso.datetime().optional() }),
  timeoutMs: 120_000,
  lasting: 'job',
  lock: 'server',
});

/** Ends the game at once, without a save. Passes every lock. */
export const serverKill = operation({
  subject: 'server.kill',
  summary: 'Kill a server at once, without saving',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:control',
  effect: 'destroy',
  request: serverOnly,
  progress: Step,
  reply: z.object({ state: ServerState, wasRunning: z.boolean() }),
  timeoutMs: 60_000,
  lock: 'passes',
});

/** Streams a server's output: what there is, then what comes. */
export const serverLogs = operation({
  subject: 'server.logs',
  summary: 'Show a server’s log, and follow it',
  runsOn: 'manager',
  audience: 'people',
  target: 'server',
  permission: 'server:read',
  effect: 'read',
  request: z.object({
    server: ServerRef,
    follow: z.boolean().default(false).describe('go on with what comes'),
    tail: z.int().min(0).max(1_000_000).optional().describe('this many last lines first'),
    since: z.iso.datetime().optional().describe('lines from this time on'),
    after: LogCursor.optional().describe('lines after this one: how a reader resumes'),
  }),
  progress: LogItem,
  reply: z.object({ cursor: LogCursor.optional() }),
  timeoutMs: 0,
});

/** The compose file with which a server runs without ZedOps. */
export const serverExport = operation({
  subject: 'server.export',
  summary: 'Print the compose file that runs a server without ZedOps',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:read',
  effect: 'read',
  request: serverOnly,
  progress: noProgress,
  reply: z.object({ compose: z.string(), folder: z.string() }),
  timeoutMs: 10_000,
});
