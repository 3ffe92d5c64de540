import * as z from 'zod';
import type { ServerMetrics } from '../../protocol/entities/metrics.ts';
import type { ServerDetails, ServerEvidence, ServerLock, ServerSummary } from '../../protocol/entities/server.ts';
import { fleetMetrics } from '../../protocol/operations/metrics.ts';
import { serverList, serverShow } from '../../protocol/operations/server.ts';
import { changesText, waitingNote } from '../changes-text.ts';
import { type Context, command } from '../command.ts';
import { bytes, type Cell, duration, moment, pairs, table } from '../format.ts';
import { byId, cpuText, ifKnown, memoryText, metricsOfServer, serverUse } from '../metrics-text.ts';
import { createPaint, type Paint, paintState } from '../paint.ts';
import { rconText } from '../rcon-text.ts';
import { deletedTable } from './server-delete.ts';

/** `zedops server list`, `zedops ps`. */
export const serverListCommand = command({
  words: 'server list',
  short: 'ps',
  summary: serverList.summary,
  subject: serverList.subject,
  input: serverList.request.extend({
    wide: z.boolean().default(false).describe('also CPU (100% is one core) and memory, asked of the hosts now'),
  }),
  flags: { on: { placeholder: 'selector' } },
  examples: ['zedops server list', 'zedops ps --wide', 'zedops ps --host box-1 --json', "zedops ps --on 'state=ready'"],
  async run({ wide, ...request }, context) {
    const manager = await context.manager();
    const reply = await manager.call(serverList, request, context.signal);
    const use = wide ? byId((await ifKnown(manager.call(fleetMetrics, {}, context.signal)))?.servers) : undefined;
    const shown = {
      ...reply,
      servers: reply.servers.map((server) => {
        const found = use?.get(server.id);
        if (found === undefined) return server;
        const { id: _, name: __, host: ___, ...metrics } = found;
        return { ...server, metrics };
      }),
    };
    const words = context.globals.json ? '' : await listText(shown, { ...request, wide }, context);
    context.talk.show(shown, () => words);
    return undefined;
  },
});

interface Listed extends Omit<z.output<typeof serverList.reply>, 'servers'> {
  readonly servers: readonly (ServerSummary & { readonly metrics?: ServerMetrics })[];
}

async function listText(
  { servers, undecided = [] }: Listed,
  { on, deleted, wide }: Pick<z.output<typeof serverList.request>, 'on' | 'deleted'> & { readonly wide: boolean },
  context: Context,
): Promise<string> {
  if (undecided.length > 0) {
    context.talk.warn(`left out, because it is not known how many are online: ${undecided.join(', ')}`);
  }
  if (servers.length === 0 && on !== undefined) {
    context.talk.note(`No server fits "${on}".`);
    return '';
  }
  if (deleted && servers.length > 0) return deletedTable(servers, context.clock.now());
  if (servers.length === 0) {
    if (deleted) {
      context.talk.note('No deleted servers.');
      return '';
    }
    context.talk.note('No servers. zedops server create <name> --env-file <file> makes one.');
    return '';
  }
  const paint = await createPaint(context.globals.color);
  const hasTags = servers.some(({ tags }) => tags !== undefined);
  const rows = servers.map((server): Cell[] => [
    server.name,
    server.host,
    stateCell(server, paint),
    ...(wide ? [cpuText(server.metrics), memoryText(server.metrics)] : []),
    server.image,
    ports(server),
    server.readySeconds === undefined ? undefined : duration(server.readySeconds),
    ...(hasTags ? [server.tags?.join(' ')] : []),
  ]);
  const use = wide ? ['CPU', 'MEMORY'] : [];
  const tags = hasTags ? ['TAGS'] : [];
  return table(['NAME', 'HOST', 'STATE', ...use, 'IMAGE', 'PORTS', 'UPTIME', ...tags], rows);
}

/** `zedops server show`. */
export const serverShowCommand = command({
  words: 'server show',
  summary: serverShow.summary,
  subject: serverShow.subject,
  input: serverShow.request,
  positional: ['server'],
  details: [
    'Values of secret settings are shown as "set". CPU and memory are asked of the host now, and left out where it does not tell them.',
  ],
  examples: ['zedops server show alpha', 'zedops server show alpha --json'],
  async run(request, context) {
    const manager = await context.manager();
    const { server } = await manager.call(serverShow, request, context.signal);
    const isRunning = server.observed?.container?.status === 'running' && server.staleSeconds === undefined;
    const metrics = isRunning ? await metricsOfServer(server.id, context) : undefined;
    const words = context.globals.json ? '' : await describe(server, metrics, context);
    context.talk.show({ server, ...(metrics === undefined ? {} : { metrics }) }, () => words);
    return undefined;
  },
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

async function describe(server: ServerDetails, metrics: ServerMetrics | undefined, context: Context): Promise<string> {
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
    ['tags', server.tags?.join(' ')],
    ['folder', server.folder],
    ['created', moment(server.createdAt)],
    ['deleted', server.deletion === undefined ? undefined : deletionText(server.deletion)],
  ]);
  const evidence = pairs([
    ['shows', observed?.evidence === undefined ? undefined : evidenceText(server, observed.evidence)],
    ['RCON', observed?.evidence && rconText(observed.evidence)],
    ['seen', observed === undefined ? 'never' : moment(observed.at)],
    ['revision there', observed === undefined ? undefined : String(observed.revision)],
    ['container', container === undefined ? undefined : `${container.name} ${container.status}`],
    ['runs', container?.image],
    ['started', container?.startedAt === undefined ? undefined : moment(container.startedAt)],
    ...serverUse(metrics),
    ['ready since', observed?.readyAt === undefined ? undefined : moment(observed.readyAt)],
    ['game version', observed?.gameVersion],
    ['phase', observed?.phase],
    ['world', observed?.data],
    [
      'under way',
      observed?.activity === undefined ? undefined : `${observed.activity.subject}: ${observed.activity.step}`,
    ],
    ['locked', observed?.lock === undefined ? undefined : lockText(observed.lock)],
    ['last exit', lastExit === undefined ? undefined : exitText(lastExit)],
    [
      'last failure',
      observed?.failure === undefined
        ? undefined
        : `${observed.failure.subject} at ${moment(observed.failure.at)}: ${observed.failure.message}`,
    ],
    ['starts again', observed?.restartAt === undefined ? undefined : moment(observed.restartAt)],
    ['cannot be seen', observed?.blind],
    ['claimed by', observed?.conflict?.join(', ')],
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

function deletionText({ deletedAt, purgeAt, keptAt }: NonNullable<ServerDetails['deletion']>): string {
  const until = purgeAt === undefined ? 'kept until someone purges it' : `kept until ${moment(purgeAt)}`;
  return [moment(deletedAt), keptAt === undefined ? until : `${until} at ${keptAt}`].join(', ');
}

/** `container yes, log marker yes, game port yes, RCON no, last word 3 s ago`; what is not known is left out. */
function evidenceText({ lastWordSeconds }: ServerDetails, evidence: ServerEvidence): string {
  const { container, marker, gamePort, directPort, rcon } = evidence;
  const facts = [
    ['container', container],
    ['log marker', marker],
    ['game port', gamePort],
    ['direct port', directPort],
    ['RCON', rcon],
  ] as const;
  const said = facts.flatMap(([name, fact]) => (fact === undefined ? [] : [`${name} ${fact ? 'yes' : 'no'}`]));
  return [...said, ...(lastWordSeconds === undefined ? [] : [`last word ${duration(lastWordSeconds)} ago`])].join(', ');
}

function lockText({ id, subject, actor, since, deadlineAt }: ServerLock): string {
  const end = deadlineAt === undefined ? '' : `, gives up ${moment(deadlineAt)} unless something happens`;
  return `${subject} by ${actor} since ${moment(since)} (${id})${end}`;
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
