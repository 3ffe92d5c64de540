import type { ServerDetails, ServerSummary } from '../../protocol/entities/server.ts';
import { serverList, serverShow } from '../../protocol/operations/server.ts';
import { changesText, waitingNote } from '../changes-text.ts';
import type { Context } from '../command.ts';
import { bytes, type Cell, duration, moment, pairs, table } from '../format.ts';
import { fromOperation } from '../from-operation.ts';
import { createPaint, type Paint, paintState } from '../paint.ts';

/** `zedops server list`, `zedops ps`. */
export const serverListCommand = fromOperation(serverList, {
  words: 'server list',
  short: 'ps',
  examples: ['zedops server list', 'zedops ps --host box-1 --json'],
  answer: 'show',
  async text({ servers }, _, context) {
    if (servers.length === 0) {
      context.talk.note('No servers. zedops server create <name> --env-file <file> makes one.');
      return '';
    }
    const paint = await createPaint(context.globals.color);
    const rows = servers.map((server): Cell[] => [
      server.name,
      server.host,
      stateCell(server, paint),
      server.image,
      ports(server),
      server.readySeconds === undefined ? undefined : duration(server.readySeconds),
    ]);
    return table(['NAME', 'HOST', 'STATE', 'IMAGE', 'PORTS', 'UPTIME'], rows);
  },
});

/** `zedops server show`. */
export const serverShowCommand = fromOperation(serverShow, {
  words: 'server show',
  positional: ['server'],
  details: ['Values of secret settings are shown as "set".'],
  examples: ['zedops server show alpha', 'zedops server show alpha --json'],
  answer: 'show',
  text: async ({ server }, _, context) => describe(server, context),
});

function stateCell(server: ServerSummary, paint: Paint): Cell {
  const notes = [
    server.detail,
    server.staleSeconds === undefined ? undefined : `last word ${duration(server.staleSeconds)} ago`,
    server.pending ? waitingNote(server.waiting) : undefined,
  ].filter((note) => note !== undefined);
  const text = notes.length === 0 ? server.state : `${server.state} (${notes.join(', ')})`;
  return { text, paint: paintState(paint, server.state) };
}

function ports(server: ServerSummary): string {
  return server.ports.map(({ port, protocol }) => `${port}/${protocol}`).join(' ');
}

async function describe(server: ServerDetails, context: Context): Promise<string> {
  const paint = await createPaint(context.globals.color);
  const { limits, observed } = server;
  const container = observed?.container;
  const lastExit = observed?.lastExit;
  const head = pairs([
    ['name', server.name],
    ['id', server.id],
    ['host', server.host],
    ['state', stateCell(server, paint)],
    ['wanted', `${server.power}, revision ${server.revision}`],
    ['image', `${server.image} (template ${server.template})`],
    ['ports', server.ports.map(({ name, port, protocol }) => `${name} ${port}/${protocol}`).join(', ') || undefined],
    ['memory', limits.memoryMb === undefined ? undefined : bytes(limits.memoryMb * 1024 * 1024)],
    ['cpus', limits.cpus === undefined ? undefined : String(limits.cpus)],
    ['created', moment(server.createdAt)],
  ]);
  const evidence = pairs([
    ['seen', observed === undefined ? 'never' : moment(observed.at)],
    ['revision there', observed === undefined ? undefined : String(observed.revision)],
    ['container', container === undefined ? undefined : `${container.name} ${container.status}`],
    ['runs', container?.image],
    ['started', container?.startedAt === undefined ? undefined : moment(container.startedAt)],
    ['ready since', observed?.readyAt === undefined ? undefined : moment(observed.readyAt)],
    ['game version', observed?.gameVersion],
    ['phase', observed?.phase],
    ['world', observed?.data],
    [
      'under way',
      observed?.activity === undefined ? undefined : `${observed.activity.subject}: ${observed.activity.step}`,
    ],
    ['last exit', lastExit === undefined ? undefined : exitText(lastExit)],
    [
      'last failure',
      observed?.failure === undefined
        ? undefined
        : `${observed.failure.subject} at ${moment(observed.failure.at)}: ${observed.failure.message}`,
    ],
    ['starts again', observed?.restartAt === undefined ? undefined : moment(observed.restartAt)],
    ['cannot be seen', observed?.blind],
  ]);
  const secretKeys = new Set(server.secretKeys);
  const env = pairs(
    Object.entries(server.env).map(([key, value]): [string, Cell] => [key, secretKeys.has(key) ? 'set' : value]),
  );
  const waiting =
    server.waiting === undefined ? '' : `${paint.bold('Waits for a restart')}\n${changesText(server.waiting)}`;
  return [
    head,
    waiting,
    `${paint.bold('Evidence')}\n${evidence}`,
    env === '' ? '' : `${paint.bold('Settings')}\n${env}`,
  ]
    .filter(Boolean)
    .join('\n\n');
}

function exitText({
  at,
  exitCode,
  oomKilled,
  expected,
}: NonNullable<NonNullable<ServerDetails['observed']>['lastExit']>): string {
  const code = exitCode === undefined ? 'exit code unknown' : `exit code ${exitCode}`;
  return [moment(at), code, oomKilled ? 'out of memory' : '', expected ? 'as asked' : 'not asked for']
    .filter(Boolean)
    .join(', ');
}
