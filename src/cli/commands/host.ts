import * as z from 'zod';
import type { HostSummary } from '../../protocol/entities/host.ts';
import type { HostMetrics } from '../../protocol/entities/metrics.ts';
import { hostInvite, hostList, hostPing, hostRemove, hostRevoke, hostShow } from '../../protocol/operations/host.ts';
import { type Command, command } from '../grammar/command.ts';
import { fromOperation } from '../grammar/from-operation.ts';
import { publicAddress } from '../local/public-address.ts';
import { metricsOfFleet, metricsOfHost } from '../output/ask-metrics.ts';
import { bytes, type Cell, counted, moment, pairs, table } from '../output/format.ts';
import { diskText, hostMemoryText, hostUse, loadText } from '../output/metrics-text.ts';
import { createPaint, paintState } from '../output/paint.ts';
import { hostMetricsCommand } from './metrics.ts';
import { hostTagCommand } from './tag.ts';

/** The commands of `zedops host`. */
export const hostCommands: readonly Command[] = [
  fromOperation(hostInvite, {
    words: 'host invite',
    positional: ['name'],
    details: [
      'The line goes to stdout. Its code works once, within the hour, and carries the fingerprint of the manager’s authority, so that the first connection is pinned already. The address in it is the setting manager.url, or the one you reach the manager at.',
    ],
    flags: { name: { completes: 'nothing' } },
    examples: ['zedops host invite box-1', 'ssh box-1 "$(zedops host invite box-1)"'],
    answer: 'show',
    async text({ name, code, expiresAt }, _, context) {
      const url = await publicAddress(context, 'wss');
      context.talk.note(`run this on ${name} before ${moment(expiresAt)}; it works once`);
      return `zedops agent join ${url} --code ${code}`;
    },
  }),
  command({
    words: 'host list',
    summary: hostList.summary,
    subject: hostList.subject,
    input: hostList.request.extend({
      wide: z.boolean().default(false).describe('also load, memory and free disk, asked of the hosts now'),
    }),
    examples: ['zedops host list', 'zedops host list --wide', 'zedops host list --json'],
    async run({ wide, ...request }, context) {
      const manager = await context.manager();
      const [{ hosts }, use] = await Promise.all([
        manager.call(hostList, request, context.signal),
        wide ? metricsOfFleet(context) : undefined,
      ]);
      const paint = await createPaint(context.globals.color);
      if (hosts.length === 0) context.talk.note('No hosts. zedops host invite <name> prints the line that adds one.');
      const rows = hosts.map((host): Cell[] => {
        const metrics = use?.hosts.get(host.id);
        const load = loadText(metrics);
        return [
          host.name,
          { text: host.connection, paint: paintState(paint, host.connection) },
          latency(host.latencyMs),
          engine(host),
          counted(host.servers, 'server'),
          ...(use === undefined ? [] : [load && `load ${load}`, hostMemoryText(metrics), diskText(metrics)]),
        ];
      });
      const shown = hosts.map((host) => {
        const metrics = use?.hosts.get(host.id);
        if (metrics === undefined) return host;
        const { id: _, name: __, ...rest } = metrics;
        return { ...host, metrics: rest };
      });
      context.talk.show({ hosts: shown }, () => table([], rows));
      return undefined;
    },
  }),
  command({
    words: 'host show',
    summary: hostShow.summary,
    subject: hostShow.subject,
    input: hostShow.request,
    positional: ['host'],
    examples: ['zedops host show box-1'],
    async run(request, context) {
      const manager = await context.manager();
      const { host } = await manager.call(hostShow, request, context.signal);
      const metrics = host.connection === 'online' ? await metricsOfHost(host.id, context) : undefined;
      context.talk.show({ host, ...(metrics === undefined ? {} : { metrics }) }, () => describe(host, metrics));
      return undefined;
    },
  }),
  fromOperation(hostPing, {
    words: 'host ping',
    positional: ['host'],
    examples: ['zedops host ping box-1'],
    answer: 'show',
    text: ({ name, managerToHostMs, hostToManagerMs, clockSkewMs }) =>
      pairs([
        [`manager → ${name}`, latency(managerToHostMs)],
        [`${name} → manager`, latency(hostToManagerMs)],
        ['clock', skew(name, clockSkewMs)],
      ]),
  }),
  fromOperation(hostRevoke, {
    words: 'host revoke',
    positional: ['host'],
    details: [
      'Its servers run on, and nobody can reach them through ZedOps until the host is invited and joins again.',
    ],
    examples: ['zedops host revoke box-1 --yes'],
    question: ({ host }) => `Revoke ${host}? Its agent is refused from now on.`,
    answer: 'done',
    text: ({ name, wasOnline }) => `${name} is revoked${wasOnline ? '; its connection was cut' : ''}`,
  }),
  fromOperation(hostRemove, {
    words: 'host remove',
    positional: ['host'],
    examples: ['zedops host remove box-1 --yes'],
    question: ({ host }) => `Remove ${host} from the list?`,
    answer: 'done',
    text: ({ name }) => `${name} is removed`,
  }),
  hostMetricsCommand,
  hostTagCommand,
];

function latency(ms: number | undefined): string | undefined {
  if (ms === undefined) return undefined;
  return ms < 10 ? `${Math.round(ms * 10) / 10} ms` : `${Math.round(ms)} ms`;
}

function engine({ facts }: HostSummary): string | undefined {
  if (!facts) return undefined;
  const { kind, version, problem } = facts.runtime;
  if (kind === 'process') return 'processes';
  return problem === undefined ? `Docker ${version ?? ''}`.trim() : `Docker does not answer: ${problem}`;
}

function skew(name: string, ms: number): string {
  if (Math.abs(ms) < 50) return 'in step';
  return `${name} is ${Math.abs(Math.round(ms))} ms ${ms > 0 ? 'ahead' : 'behind'}`;
}

function describe(host: HostSummary, metrics: HostMetrics | undefined): string {
  const { facts } = host;
  return pairs([
    ['name', host.name],
    ['id', host.id],
    ['connection', host.connection],
    ['round trip', latency(host.latencyMs)],
    ['last seen', host.lastSeenAt === undefined ? undefined : moment(host.lastSeenAt)],
    ['servers', String(host.servers)],
    ['tags', host.tags?.join(' ')],
    ['engine', engine(host)],
    ['machine', facts && `${facts.hostname}, ${facts.platform}, ${facts.kernel}`],
    ['size', facts && `${counted(facts.cpus, 'CPU')}, ${bytes(facts.memoryBytes)}`],
    ...hostUse(metrics),
    ['agent', facts && `${facts.agentVersion} on Node ${facts.nodeVersion}`],
    ['servers in', facts?.dataRoot],
    ['joined', host.joinedAt === undefined ? undefined : moment(host.joinedAt)],
    ['certificate until', host.certificateExpiresAt === undefined ? undefined : moment(host.certificateExpiresAt)],
  ]);
}
