import * as z from 'zod';
import type { ManagerClient } from '../../client/connect/manager-client.ts';
import type { Difference, ServerDifferences } from '../../protocol/entities/difference.ts';
import { type ObservedServer, ServerRef, type ServerState } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverList } from '../../protocol/operations/server.ts';
import { serverDiff, serverSync } from '../../protocol/operations/server-state.ts';
import { command } from '../grammar/command.ts';
import { type Cell, counted, duration, table } from '../output/format.ts';

const differsExit = 10;
const syncedAtOnce = 8;

/** `zedops diff`, `zedops server diff`. */
export const serverDiffCommand = command({
  words: 'server diff',
  short: 'diff',
  summary: serverDiff.summary,
  details: [
    'A server whose host is offline differs: nobody knows how it is. What is being changed right now does not.',
  ],
  input: serverDiff.request,
  positional: ['server'],
  subject: serverDiff.subject,
  examples: ['zedops diff', 'zedops diff alpha --json'],
  exits: { [differsExit]: 'something is not what it should be' },
  async run(input, context) {
    const manager = await context.manager();
    const reply = await manager.call(serverDiff, input, context.signal);
    const differing = reply.servers.filter(({ differences }) => differences.length > 0);
    context.talk.show(reply, () => (differing.length === 0 ? '' : differencesText(differing)));
    if (differing.length > 0) return differsExit;
    if (!context.globals.json) context.talk.note(`${counted(reply.servers.length, 'server')} compared: no difference`);
    return undefined;
  },
});

function differencesText(servers: readonly ServerDifferences[]): string {
  const rows = servers.flatMap((server) =>
    server.differences.map((difference): Cell[] => [
      server.name,
      server.host,
      difference.what,
      difference.wanted,
      foundText(server, difference),
      difference.fix,
    ]),
  );
  return table(['NAME', 'HOST', 'WHAT', 'WANTED', 'FOUND', 'MENDED BY'], rows);
}

function foundText({ known, lastWordSeconds }: ServerDifferences, { what, found }: Difference): string {
  if (what !== 'host' || known) return found;
  return lastWordSeconds === undefined
    ? `${found}, never heard`
    : `${found}, last word ${duration(lastWordSeconds)} ago`;
}

/** What became of looking at one server. */
interface Synced {
  readonly name: string;
  readonly state?: ServerState;
  readonly detail?: string | undefined;
  readonly observed?: ObservedServer;
  readonly error?: { readonly code: string; readonly message: string };
}

/** `zedops sync`, `zedops server sync`. */
export const serverSyncCommand = command({
  words: 'server sync',
  short: 'sync',
  summary: serverSync.summary,
  details: ['Without a server, all of them are looked at, and those that cannot be are told at the end.'],
  input: z.object({ server: ServerRef.optional().describe('server, by name or id; left out: all of them') }),
  positional: ['server'],
  subject: serverSync.subject,
  examples: ['zedops sync alpha', 'zedops sync --json'],
  async run({ server }, context) {
    const manager = await context.manager();
    const synced =
      server === undefined
        ? await syncAll(manager, context.signal)
        : [{ name: server, ...(await manager.call(serverSync, { server }, context.signal)) }];
    context.talk.show({ servers: synced }, () =>
      synced.length === 0 ? '' : table(['NAME', 'CONTAINER', 'GAME PORT', 'RCON', 'STATE'], synced.map(rowOf)),
    );
    const failed = synced.filter((one) => 'error' in one).length;
    if (failed > 0) {
      throw new ZedopsError('UNREACHABLE', `${failed} of ${counted(synced.length, 'server')} could not be looked at`, {
        hint: 'zedops host list',
      });
    }
    return undefined;
  },
});

async function syncAll(manager: ManagerClient, signal: AbortSignal): Promise<readonly Synced[]> {
  const { servers } = await manager.call(serverList, {}, signal);
  const synced: Synced[] = [];
  for (let at = 0; at < servers.length; at += syncedAtOnce) {
    const some = servers.slice(at, at + syncedAtOnce).map(async ({ id, name }): Promise<Synced> => {
      try {
        return { name, ...(await manager.call(serverSync, { server: id }, signal)) };
      } catch (error) {
        if (!(error instanceof ZedopsError) || signal.aborted) throw error;
        return { name, error: { code: error.code, message: error.message } };
      }
    });
    synced.push(...(await Promise.all(some)));
  }
  return synced;
}

function rowOf({ name, state, detail, observed, error }: Synced): Cell[] {
  if (!observed) return [name, undefined, undefined, undefined, error?.message];
  const { evidence, container } = observed;
  return [
    name,
    container?.status ?? 'none',
    yesNo(evidence?.gamePort),
    yesNo(evidence?.rcon),
    detail === undefined ? state : `${state} (${detail})`,
  ];
}

function yesNo(fact: boolean | undefined): string | undefined {
  if (fact === undefined) return undefined;
  return fact ? 'yes' : 'no';
}
