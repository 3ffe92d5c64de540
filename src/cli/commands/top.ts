import * as z from 'zod';
import type { FleetMetrics } from '../../protocol/entities/metrics.ts';
import { fleetMetrics } from '../../protocol/operations/metrics.ts';
import { type Command, command } from '../grammar/command.ts';
import { type Cell, table } from '../output/format.ts';
import { cpuText, diskText, hostMemoryText, loadText, memoryText, upText } from '../output/metrics-text.ts';
import { createPaint } from '../output/paint.ts';

type ServerRow = FleetMetrics['servers'][number];

const orders: Readonly<Record<'cpu' | 'memory' | 'name', (a: ServerRow, b: ServerRow) => number>> = {
  cpu: (a, b) => (b.cpusBusy ?? -1) - (a.cpusBusy ?? -1),
  memory: (a, b) => (b.memoryBytes ?? -1) - (a.memoryBytes ?? -1),
  name: (a, b) => (a.name < b.name ? -1 : 1),
};

/** The commands of `zedops top`. */
export const topCommands: readonly Command[] = [
  command({
    words: 'top',
    summary: 'Show what hosts and running servers take now',
    details: [
      'CPU is of one core: 142% is one core and 42 hundredths of another. Memory is without the file cache that can be given up. It is shown once; zedops tui keeps it up to date.',
      'With --json numbers are in bytes and in CPUs (1.42). What is not known is absent.',
    ],
    subject: fleetMetrics.subject,
    input: z.object({
      sort: z.enum(['cpu', 'memory', 'name']).default('cpu').describe('what servers are sorted by'),
    }),
    examples: ['zedops top', 'zedops top --sort memory', 'zedops top --json'],
    async run({ sort }, context) {
      const manager = await context.manager();
      const { hosts, servers } = await manager.call(fleetMetrics, {}, context.signal);
      const sorted = servers.toSorted((a, b) => orders[sort](a, b) || orders.name(a, b));
      const paint = await createPaint(context.globals.color);
      if (hosts.length === 0 && servers.length === 0) {
        context.talk.note('Nothing is known now: no host is online, or its agent is older than this.');
      }
      context.talk.show({ hosts, servers: sorted }, () =>
        [hostTable(hosts, paint.bold), serverTable(sorted, paint.bold)].filter(Boolean).join('\n\n'),
      );
      return undefined;
    },
  }),
];

function hostTable(hosts: FleetMetrics['hosts'], bold: (text: string) => string): string {
  if (hosts.length === 0) return '';
  const rows = hosts.map((host): Cell[] => [
    { text: host.name, paint: bold },
    loadText(host),
    host.cpusBusy === undefined ? undefined : `${Math.round((host.cpusBusy / host.cpus) * 100)}% of ${host.cpus}`,
    hostMemoryText(host),
    diskText(host),
  ]);
  return table(['HOST', 'LOAD', 'CPU', 'MEMORY', 'DISK'], rows);
}

function serverTable(servers: readonly ServerRow[], bold: (text: string) => string): string {
  if (servers.length === 0) return '';
  const rows = servers.map((server): Cell[] => [
    { text: server.name, paint: bold },
    server.host,
    cpuText(server),
    memoryText(server),
    upText(server),
  ]);
  return table(['SERVER', 'HOST', 'CPU', 'MEMORY', 'RUNS FOR'], rows);
}
