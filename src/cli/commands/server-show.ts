import type { ServerMetrics } from '../../protocol/entities/metrics.ts';
import type { ServerDetails, ServerEvidence, ServerLock } from '../../protocol/entities/server.ts';
import { serverShow } from '../../protocol/operations/server.ts';
import { type Context, command } from '../grammar/command.ts';
import { metricsOfServer } from '../output/ask-metrics.ts';
import { changesText } from '../output/changes-text.ts';
import { bytes, type Cell, duration, moment, pairs } from '../output/format.ts';
import { serverUse } from '../output/metrics-text.ts';
import { createPaint } from '../output/paint.ts';
import { rconText } from '../output/rcon-text.ts';
import { stateCell } from '../output/state-cell.ts';

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
