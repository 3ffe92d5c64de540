import * as z from 'zod';
import { followLog } from '../../client/follow-log.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverLogs } from '../../protocol/operations/server.ts';
import { type Context, command } from '../command.ts';
import { createLogView, logLevels } from '../log-view.ts';
import { readPointInTime } from '../point-in-time.ts';

const usualTail = 200;

const input = serverLogs.request.pick({ server: true, follow: true }).extend({
  tail: z.string().optional().describe(`this many last lines first, or "all"; ${usualTail} unless --since is given`),
  since: z.string().optional().describe('lines from this time on: 10m, 2h, 3d ago, or an ISO time'),
  until: z.string().optional().describe('lines up to this time; ends there'),
  level: z.enum(logLevels).optional().describe('only lines at least this loud, by the game’s own levels'),
  grep: z
    .string()
    .max(1000)
    .optional()
    .describe('only lines that match this regular expression; (?i) first ignores case'),
  timestamps: z.boolean().default(false).describe('put the time before each line'),
});

/** `zedops server logs`, `zedops logs`. */
export const serverLogsCommand = command({
  words: 'server logs',
  short: 'logs',
  summary: serverLogs.summary,
  details: [
    'Every line comes once and in order. With -f it comes back by itself when the connection, the agent or the manager fails, and goes on after the last line. Lines that are gone for good are marked: "── 37 lines lost (…) ──" on stderr, or a row {"kind":"gap","count":37,…} with --json.',
    'With --json each line is one JSON object: {"seq","time","output","text"}. --level, --grep and --until choose among the lines after --tail and --since have.',
  ],
  subject: serverLogs.subject,
  input,
  positional: ['server'],
  flags: {
    follow: { short: 'f' },
    tail: { short: 'n', placeholder: 'lines' },
    since: { placeholder: 'time' },
    until: { placeholder: 'time' },
    grep: { placeholder: 'regexp' },
    timestamps: { short: 't' },
  },
  examples: [
    'zedops logs alpha -f',
    'zedops logs alpha --since 10m --level warn',
    'zedops logs alpha --tail all --json | jq -r .text',
  ],
  async run({ server, follow, tail, since, until, level, grep, timestamps }, context) {
    const now = context.clock.now();
    const ended = new AbortController();
    const view = createLogView({
      stdout: context.io.stdout,
      json: context.globals.json,
      timestamps,
      level,
      grep: grep === undefined ? undefined : readPattern(grep),
      until: until === undefined ? undefined : readPointInTime(until, '--until', now),
      onPastUntil: () => ended.abort(),
      tell: (text) => tell(context, text),
    });
    const request = {
      server,
      follow,
      tail: readTail(tail, since !== undefined),
      since: since === undefined ? undefined : readPointInTime(since, '--since', now),
    };
    const manager = await context.manager();
    try {
      await followLog(request, {
        open: (signal) => manager.open(signal),
        sink: view,
        clock: context.clock,
        signal: AbortSignal.any([context.signal, ended.signal]),
      });
    } catch (error) {
      if (!ended.signal.aborted || context.signal.aborted) throw error;
    }
    return undefined;
  },
});

/** Gaps are told even with `--quiet`, because the log would lie without them; news of the feed is not. */
function tell({ io, talk, globals }: Context, text: string): void {
  if (text === '') return;
  if (text.startsWith('──')) io.stderr.write(`${text}\n`);
  else if (!globals.json) talk.note(text);
}

function readTail(text: string | undefined, hasSince: boolean): number | undefined {
  if (text === 'all') return undefined;
  if (text === undefined) return hasSince ? undefined : usualTail;
  const count = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (count <= 1_000_000) return count;
  throw new ZedopsError('INVALID_INPUT', `--tail: "${text}" is not a number of lines up to 1000000, nor "all"`);
}

function readPattern(text: string): RegExp {
  const ignoresCase = text.startsWith('(?i)');
  try {
    return new RegExp(ignoresCase ? text.slice(4) : text, ignoresCase ? 'iv' : 'v');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it cannot be read';
    throw new ZedopsError('INVALID_INPUT', `--grep: ${why}`, { cause });
  }
}
