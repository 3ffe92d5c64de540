import * as z from 'zod';
import { followSearch, type SearchEnd } from '../../client/follow/follow-search.ts';
import { stripControls } from '../../platform/terminal/terminal-text.ts';
import { type LogFinding, SearchSource, usualSearchSources } from '../../protocol/entities/log-search.ts';
import { ServerRef } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverLogSearch } from '../../protocol/operations/log-search.ts';
import { serverList } from '../../protocol/operations/server.ts';
import { SelectorText } from '../../protocol/selector.ts';
import { type Context, command } from '../grammar/command.ts';
import { logWishFlags, logWishShape, readPattern } from '../input/log-wish.ts';
import { readPointInTime } from '../input/point-in-time.ts';
import { flushed } from '../io.ts';
import { counted } from '../output/format.ts';
import { createLogLabels, type LogLabel } from '../output/log-labels.ts';
import { jsonText } from '../output/talk.ts';

const input = z.object({
  pattern: z.string().min(1).max(1000).describe('a regular expression; (?i) first ignores case'),
  servers: z
    .array(ServerRef)
    .max(256)
    .default([])
    .describe('the servers to look through; all you may read where none is named'),
  on: SelectorText.optional().describe('every server that fits, such as "tag=eu and state=ready"'),
  ...logWishShape,
  files: z
    .string()
    .max(200)
    .optional()
    .describe(`what is looked through, with commas: ${SearchSource.options.join(', ')}, or all`),
  limit: z.int().min(1).max(100_000).default(10_000).describe('at most this many lines of each server'),
});

/** `zedops server log-search`, `zedops logs search`. */
export const serverLogSearchCommand = command({
  words: 'server log-search',
  short: 'logs search',
  summary: serverLogSearch.summary,
  details: [
    'Each host looks through what it keeps of its servers’ logs: the console with its compressed archive, and the files the game writes to Logs/, those of earlier runs among them. Lines come as they are found, oldest first for each server. Where lines are gone it says so: "── alpha: 37 lines are gone ──" on stderr, or a row {"kind":"gap",…} with --json.',
    `--files says what is looked through, ${usualSearchSources.join(', ')} unless told: item, map and ClientActionLog have a line for every small deed. The category of a line in Logs/ is the word for its file, such as chat.`,
    'With --json, or --output jsonl, each line is one JSON object as of "zedops logs --json"; one of Logs/ has "file" and no "seq", and its "event" is joined, left, said, died, denied, kicked, banned and the like. Servers that could not be looked through are named, and the exit code is 6.',
  ],
  subject: serverLogSearch.subject,
  input,
  positional: ['pattern', 'servers'],
  flags: {
    pattern: { placeholder: 'regexp' },
    servers: { placeholder: 'server', completes: 'server' },
    on: { placeholder: 'selector' },
    files: { placeholder: 'words' },
    limit: { placeholder: 'lines' },
    ...logWishFlags,
  },
  examples: [
    "zedops logs search 'NullPointer' --since 3d --on all",
    "zedops logs search '(?i)kicked' alpha beta --player bob",
    'zedops logs search . alpha --files chat --player mara --since 1d',
    "zedops logs search . alpha --level error --since 1d --output jsonl | jq -r '.category' | sort | uniq -c",
  ],
  async run({ pattern, servers, on, since, until, output, limit, files, ...wish }, context) {
    const now = context.clock.now();
    readPattern(pattern, '<regexp>');
    const request = {
      pattern,
      servers,
      on: on ?? (servers.length === 0 ? 'all' : undefined),
      since: since === undefined ? undefined : readPointInTime(since, '--since', now),
      until: until === undefined ? undefined : readPointInTime(until, '--until', now),
      limit,
      files: readSources(files),
      ...wish,
    };
    const manager = await context.manager();
    const names = request.on === undefined ? servers : await fitting(request.on, context);
    const label = await createLogLabels([...servers, ...names], context.globals.color);
    const isJson = context.globals.json || output === 'jsonl';
    const session = await manager.open(context.signal);
    try {
      const ends = await followSearch(session, request, {
        signal: context.signal,
        take: (server, finding) => show(server, finding, { isJson, label }, context),
        backlog: () => context.io.stdout.writableLength,
        drained: () => flushed(context.io.stdout),
      });
      conclude(ends, isJson, context);
    } finally {
      session.close();
    }
    return undefined;
  },
});

async function fitting(on: string, context: Context): Promise<readonly string[]> {
  const manager = await context.manager();
  const { servers } = await manager.call(serverList, { on }, context.signal);
  return servers.map(({ name }) => name);
}

interface Face {
  readonly isJson: boolean;
  readonly label: LogLabel;
}

/** Reads `--files`. @throws ZedopsError INVALID_INPUT naming the word that is none. */
function readSources(text: string | undefined): SearchSource[] | undefined {
  if (text === undefined) return undefined;
  if (text === 'all') return [...SearchSource.options];
  return text.split(',').map((word) => {
    const found = SearchSource.options.find((source) => source.toLowerCase() === word.trim().toLowerCase());
    if (found) return found;
    throw new ZedopsError('INVALID_INPUT', `--files: "${word}" is none of ${SearchSource.options.join(', ')}, all`);
  });
}

function show(server: string, finding: LogFinding, { isJson, label }: Face, { io }: Context): void {
  if (finding.kind === 'gap') {
    const { through, count } = finding;
    if (isJson) io.stdout.write(`${jsonText({ kind: 'gap', server, through, count })}\n`);
    else io.stderr.write(`── ${stripControls(server)}: ${count ?? 'some'} lines are gone ──\n`);
    return;
  }
  let text = '';
  for (const line of finding.lines) {
    // The time is there already, and the name of a file says little more than its kind.
    const shown = 'file' in line ? `${line.category}: ${line.message ?? line.text}` : line.text;
    if (isJson) text += `${jsonText({ server, ...line })}\n`;
    else text += `${label(server)} | ${stripControls(line.time.slice(0, 19))}Z ${stripControls(shown)}\n`;
  }
  if (text !== '') io.stdout.write(text);
}

function conclude(ends: readonly SearchEnd[], isJson: boolean, { talk }: Context): void {
  for (const { server, found, isCut } of ends) {
    if (isCut)
      talk.warn(`${server}: only the first ${counted(found, 'line')}; ask for a shorter time, or --limit more`);
  }
  const failed = ends.filter(({ problem }) => problem !== undefined);
  const found = ends.reduce((sum, end) => sum + end.found, 0);
  if (!isJson) talk.note(`${counted(found, 'line')} of ${counted(ends.length, 'server')}`);
  if (failed.length === 0) return;
  const why = failed
    .slice(0, 5)
    .map(({ server, problem }) => `${server}: ${problem}`)
    .join('; ');
  throw new ZedopsError(
    'UNREACHABLE',
    `${failed.length} of ${counted(ends.length, 'server')} could not be searched: ${why}`,
    {
      hint: 'zedops host list',
    },
  );
}
