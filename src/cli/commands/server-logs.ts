import * as z from 'zod';
import { followLog } from '../../client/follow/follow-log.ts';
import { ServerRef } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverList, serverLogs } from '../../protocol/operations/server.ts';
import { SelectorText } from '../../protocol/selector.ts';
import { type Context, command } from '../grammar/command.ts';
import { logWishFlags, logWishShape, readPattern } from '../input/log-wish.ts';
import { readPointInTime } from '../input/point-in-time.ts';
import { createLogLabels, type LogLabel } from '../output/log-labels.ts';
import { createLogMerge } from '../output/log-merge.ts';
import { type LogOutput, plainOutput } from '../output/log-output.ts';
import { createLogView } from '../output/log-view.ts';

const usualTail = 200;
/** Logs shown together: each has a connection of its own. */
const mostServers = 32;

const input = z.object({
  servers: z.array(ServerRef).max(mostServers).default([]).describe('the servers, one or several'),
  on: SelectorText.optional().describe('every server that fits, such as "tag=eu and state=ready"'),
  follow: serverLogs.request.shape.follow,
  tail: z.string().optional().describe(`this many last lines first, or "all"; ${usualTail} unless --since is given`),
  ...logWishShape,
  grep: z
    .string()
    .max(1000)
    .optional()
    .describe('only lines that match this regular expression; (?i) first ignores case'),
  timestamps: z.boolean().default(false).describe('put the time before each line'),
});

type Input = z.output<typeof input>;

/** `zedops server logs`, `zedops logs`. */
export const serverLogsCommand = command({
  words: 'server logs',
  short: 'logs',
  summary: serverLogs.summary,
  details: [
    'Every line comes once and in order, from the host’s compressed archive where the past reaches further than the engine’s log. With -f it comes back by itself when the connection, the agent or the manager fails, and goes on after the last line. Lines that are gone for good are marked: "── 37 lines lost (…) ──" on stderr, or a row {"kind":"gap","count":37,…} with --json.',
    'Several servers, or --on with a selector, are shown in one order of time with their names; what is new may wait a quarter of a second for older lines of another host.',
    'With --json, or --output jsonl, each line is one JSON object: {"server","seq","time","output","text"}, and where the line says them "level", "category", "message", "event" (start, ready, save, stop, player, mod, error), "player", "mod", and "of", the number of the line that a stack trace belongs to. --level, --category, --player, --grep and --until choose among the lines after --tail and --since have.',
  ],
  subject: serverLogs.subject,
  input,
  positional: ['servers'],
  flags: {
    servers: { placeholder: 'server', completes: 'server' },
    on: { placeholder: 'selector' },
    follow: { short: 'f' },
    tail: { short: 'n', placeholder: 'lines' },
    ...logWishFlags,
    grep: { placeholder: 'regexp' },
    timestamps: { short: 't' },
  },
  examples: [
    'zedops logs alpha -f',
    'zedops logs alpha --since 10m --level warn',
    'zedops logs alpha beta -f --player bob',
    'zedops logs --on tag=eu --since 1h --category Lua --level error',
    'zedops logs alpha --tail all --json | jq -r .text',
  ],
  async run(given, context) {
    const servers = await serversOf(given, context);
    if (servers.length === 0) return undefined;
    const request = readRequest(given, context);
    const label = servers.length > 1 ? await createLogLabels(servers, context.globals.color) : undefined;
    const failed = new AbortController();
    const merge = createLogMerge({ stdout: context.io.stdout, clock: context.clock });
    const sources = servers.map((server) => (label ? merge.source() : { server, ...plainOutput(context.io.stdout) }));
    await Promise.all(
      servers.map(async (server, index) => {
        const output = sources[index];
        if (!output) return;
        try {
          await showOne(server, { ...request, output, label }, context, failed.signal);
          if ('over' in output) output.over();
        } catch (error) {
          failed.abort();
          throw error;
        }
      }),
    );
    return undefined;
  },
});

async function serversOf({ servers, on }: Input, context: Context): Promise<readonly string[]> {
  if (on === undefined && servers.length === 0) {
    throw new ZedopsError('INVALID_INPUT', 'zedops logs needs <server>, or --on with a selector', {
      hint: 'zedops server logs --help',
    });
  }
  if (on === undefined) return [...new Set(servers)];
  const manager = await context.manager();
  const fitting = await manager.call(serverList, { on }, context.signal);
  const all = [...new Set([...servers, ...fitting.servers.map(({ name }) => name)])];
  if (all.length === 0) context.talk.note(`no server fits "${on}"`);
  if (all.length > mostServers) {
    throw new ZedopsError('INVALID_INPUT', `${all.length} servers fit; at most ${mostServers} logs are shown at once`, {
      hint: 'zedops logs search looks through any number of them',
    });
  }
  return all;
}

interface Wanted {
  readonly follow: boolean;
  readonly tail: number | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly json: boolean;
  readonly timestamps: boolean;
  readonly filter: Parameters<typeof createLogView>[0]['filter'];
}

function readRequest(given: Input, { clock, globals }: Context): Wanted {
  const { follow, tail, since, until, level, category, player, grep, timestamps, output } = given;
  const now = clock.now();
  return {
    follow,
    tail: readTail(tail, since !== undefined),
    since: since === undefined ? undefined : readPointInTime(since, '--since', now),
    until: until === undefined ? undefined : readPointInTime(until, '--until', now),
    json: globals.json || output === 'jsonl',
    timestamps,
    filter: { level, category, player, pattern: grep === undefined ? undefined : readPattern(grep, '--grep') },
  };
}

interface Shown extends Wanted {
  readonly output: LogOutput;
  readonly label: LogLabel | undefined;
}

async function showOne(server: string, wanted: Shown, context: Context, failed: AbortSignal): Promise<void> {
  const { follow, tail, since, label, ...rest } = wanted;
  const ended = new AbortController();
  const manager = await context.manager();
  const view = createLogView({
    ...rest,
    server,
    label: label?.(server),
    onPastUntil: () => ended.abort(),
    tell: (text) => tell(context, wanted.json, text),
  });
  try {
    await followLog(
      { server, follow, tail, since },
      {
        open: (signal) => manager.open(signal),
        sink: view,
        clock: context.clock,
        signal: AbortSignal.any([context.signal, ended.signal, failed]),
      },
    );
  } catch (error) {
    if (!ended.signal.aborted || context.signal.aborted) throw error;
  }
}

/** Gaps are told even with `--quiet`, because the log would lie without them; news of the feed is not. */
function tell({ io, talk }: Context, json: boolean, text: string): void {
  if (text.startsWith('──')) io.stderr.write(`${text}\n`);
  else if (!json) talk.note(text);
}

function readTail(text: string | undefined, hasSince: boolean): number | undefined {
  if (text === 'all') return undefined;
  if (text === undefined) return hasSince ? undefined : usualTail;
  const count = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (count <= 1_000_000) return count;
  throw new ZedopsError('INVALID_INPUT', `--tail: "${text}" is not a number of lines up to 1000000, nor "all"`);
}
