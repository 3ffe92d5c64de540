import * as z from 'zod';
import type { ServerSummary } from '../../protocol/entities/server.ts';
import { ServerRef } from '../../protocol/entities/server.ts';
import { toWireError, type WireError, ZedopsError } from '../../protocol/errors.ts';
import { serverList } from '../../protocol/operations/server.ts';
import { SelectorText } from '../../protocol/selector.ts';
import { confirm, confirmMany } from '../input/prompt.ts';
import { type Cell, counted, table } from '../output/format.ts';
import { createProgress, type Progress } from '../output/progress.ts';
import type { Context } from './command.ts';
import { type LongOutcome, tellJob } from './from-operation.ts';

/** Arguments and options of a command that is done to one server or to all that fit a selector. */
export const bulkShape = {
  server: ServerRef.optional(),
  on: SelectorText.optional().describe('do it to every server that fits, such as "tag=eu and state=ready"'),
  parallel: z.int().min(1).max(64).default(4).describe('with --on, at most this many at once'),
  keepGoing: z.boolean().default(false).describe('with --on, begin further servers after one has failed'),
};

/** How the options of {@link bulkShape} are shown. */
export const bulkFlags = { on: { placeholder: 'selector' }, parallel: { placeholder: 'count' } };

/** Explains `--on` in a command's help. */
export const bulkDetails =
  'With --on it is shown first which servers fit, and asked. A selector is made of name, host, state, image, tag and host.tag with = or !=, of players with a number, and of and, or, not and parentheses; * stands for any letters, a|b for either, "all" for all of them. In scripts say --yes, and above ten servers --yes=COUNT with their exact number.';

/** Something that is done to one server, and how it is told. */
interface Deed<Reply> {
  /** As in `Stop 3 servers?`. */
  readonly verb: string;
  /** What is asked before it is done to one server; without it nothing is asked. */
  readonly question?: (server: string) => string;
  /** Asked before it is done to so many; without it the verb is asked with their number. */
  readonly manyQuestion?: (count: number) => string;
  /** It changes nothing, so that nothing is asked. */
  readonly isHarmless?: boolean;
  /** Does it to the server with this id or name; messages call it `name`. Steps go to `progress`, where there is one. */
  readonly act: (server: string, name: string, progress?: Progress) => Promise<LongOutcome<Reply>>;
  readonly sentence: (server: string, done: { readonly reply: Reply; readonly seconds: number }) => string;
}

interface Target {
  readonly server?: string | undefined;
  readonly on?: string | undefined;
  readonly parallel: number;
  readonly keepGoing: boolean;
}

/**
 * Does a deed to the server that is named, or to each that fits `--on`: shown first, confirmed, some at a time, each its
 * own request. @throws ZedopsError the server's own error; of many the first one, after what became of each was told.
 */
export async function oneOrMany<Reply>(target: Target, context: Context, deed: Deed<Reply>): Promise<undefined> {
  const { server, on } = target;
  if ((server === undefined) === (on === undefined)) {
    const what = on === undefined ? 'needs <server>, or --on with a selector' : 'takes <server> or --on, not both';
    throw new ZedopsError('INVALID_INPUT', `zedops server ${deed.verb} ${what}`, {
      hint: `zedops server ${deed.verb} --help`,
    });
  }
  if (on !== undefined) return many(on, target, context, deed);
  if (server === undefined) return undefined;
  if (deed.question) await confirm(context, deed.question(server));
  const outcome = await deed.act(server, server);
  if ('job' in outcome) tellJob(context, outcome.job);
  else context.talk.done(outcome.reply, deed.sentence(server, outcome));
  return undefined;
}

/** What became of one server. */
interface Ending<Reply> {
  readonly server: string;
  readonly outcome: 'done' | 'begun' | 'failed' | 'not-begun';
  readonly text: string;
  readonly reply?: Reply;
  readonly job?: string;
  readonly error?: WireError;
}

async function many<Reply>(on: string, target: Target, context: Context, deed: Deed<Reply>): Promise<undefined> {
  const { talk, globals, signal } = context;
  const manager = await context.manager();
  const { servers, undecided = [] } = await manager.call(serverList, { on }, signal);
  if (undecided.length > 0) {
    talk.warn(
      `left out, because it is not known how many are online: ${undecided.slice(0, 20).join(', ')}${undecided.length > 20 ? ', …' : ''}`,
    );
  }
  if (servers.length === 0) {
    talk.done({ servers: [] }, `no server fits "${on}"; nothing was done`);
    return undefined;
  }
  if (!globals.json && deed.isHarmless !== true) talk.note(preview(servers));
  const capital = deed.verb.charAt(0).toUpperCase() + deed.verb.slice(1);
  const question = deed.manyQuestion?.(servers.length) ?? `${capital} ${counted(servers.length, 'server')}?`;
  if (deed.isHarmless !== true) await confirmMany(context, question, servers.length);
  const { endings, first } = await actOnAll(servers, target, context, deed);
  const rows = endings.map(({ server, outcome, text }): Cell[] => [server, outcome.replace('-', ' '), text]);
  talk.done({ servers: endings.map(({ text, ...rest }) => rest) }, table(['NAME', 'OUTCOME', 'HOW'], rows));
  if (first === undefined) return undefined;
  const failed = endings.filter(({ outcome }) => outcome === 'failed').length;
  const rest = endings.filter(({ outcome }) => outcome === 'not-begun').length;
  const others = rest === 0 ? '' : `, ${rest} not begun`;
  throw new ZedopsError(
    first.error.code,
    `${deed.verb}: ${failed} of ${counted(endings.length, 'server')} failed${others}; ${first.server}: ${first.error.message}`,
    { hint: first.error.hint, cause: first.error },
  );
}

function preview(servers: readonly ServerSummary[]): string {
  const rows = servers.map(({ name, host, state, detail }): Cell[] => [
    name,
    host,
    detail === undefined ? state : `${state} (${detail})`,
  ]);
  return table(['NAME', 'HOST', 'STATE'], rows);
}

interface FirstFailure {
  readonly server: string;
  readonly error: ZedopsError;
}

/** Does it to some at a time; after a failure, or Ctrl-C, no further one is begun. */
async function actOnAll<Reply>(
  servers: readonly ServerSummary[],
  { parallel, keepGoing }: Target,
  context: Context,
  deed: Deed<Reply>,
): Promise<{ readonly endings: readonly Ending<Reply>[]; readonly first: FirstFailure | undefined }> {
  const { signal } = context;
  const endings = new Map<string, Ending<Reply>>();
  const waiting = [...servers];
  const progress = await createProgress(context);
  let first: FirstFailure | undefined;
  const workers = Array.from({ length: Math.min(parallel, servers.length) }, async () => {
    for (;;) {
      const next = signal.aborted || (first && !keepGoing) ? undefined : waiting.shift();
      if (!next) return;
      const { id, name: server } = next;
      try {
        const outcome = await deed.act(id, server, prefixed(progress, server));
        endings.set(
          id,
          'job' in outcome
            ? { server, outcome: 'begun', text: `zedops job watch ${outcome.job}`, job: outcome.job }
            : { server, outcome: 'done', text: deed.sentence(server, outcome), reply: outcome.reply },
        );
      } catch (error) {
        if (!(error instanceof ZedopsError)) throw error;
        first ??= { server, error };
        endings.set(id, { server, outcome: 'failed', text: error.message, error: toWireError(error, undefined) });
      }
    }
  });
  try {
    await Promise.all(workers);
  } finally {
    progress.end();
  }
  return {
    endings: servers.map(
      ({ id, name }): Ending<Reply> => endings.get(id) ?? { server: name, outcome: 'not-begun', text: '' },
    ),
    first,
  };
}

function prefixed(progress: Progress, server: string): Progress {
  return {
    step: ({ step, percent }) =>
      progress.step({ step: `${server}: ${step}`, ...(percent === undefined ? {} : { percent }) }),
    remark: (text) => progress.remark(`${server}: ${text}`),
    end: () => undefined,
  };
}
