import type { HostSummary } from '../../protocol/entities/host.ts';
import type { HostMetrics } from '../../protocol/entities/metrics.ts';
import { type Column, unknown } from '../components/columns.ts';
import { shortSpan } from '../spans.ts';
import type { ListView, Metrics, SeenServer, TuiState } from '../store/state.ts';
import { toneOf } from '../theme.ts';
import {
  cpuCell,
  fullestDisk,
  hostMemoryUsed,
  memoryShare,
  percent,
  runningMetrics,
  shortBytes,
  toneOfShare,
} from './metrics-cells.ts';

/** How long a server has taken players, counted on from when that was told. Seconds. */
export function upSeconds(server: SeenServer, now: number): number | undefined {
  return server.readySeconds === undefined ? undefined : server.readySeconds + (now - server.seenAt) / 1000;
}

/** The columns of servers. `now` is in milliseconds since 1970. */
export function serverColumns(
  now: number,
  { servers: known }: Pick<Metrics, 'servers'>,
): readonly Column<SeenServer>[] {
  return [
    { title: 'SERVER', priority: 0, most: 32, least: 12, cell: ({ name }) => ['strong', name] },
    { title: 'STATE', priority: 1, most: 10, cell: ({ state }) => [toneOf(state), state] },
    {
      title: 'PLAYERS',
      priority: 3,
      most: 7,
      align: 'right',
      cell: ({ playersOnline }) => (playersOnline === undefined ? unknown : String(playersOnline)),
    },
    {
      title: 'UP',
      priority: 4,
      most: 7,
      align: 'right',
      cell: (server) => {
        const seconds = upSeconds(server, now);
        return seconds === undefined ? unknown : shortSpan(seconds);
      },
    },
    {
      title: 'CPU',
      isRare: true,
      priority: 8,
      most: 6,
      align: 'right',
      cell: (server) => cpuCell(runningMetrics(server, known)) ?? unknown,
    },
    {
      title: 'MEM',
      isRare: true,
      priority: 9,
      most: 6,
      align: 'right',
      cell(server) {
        const metrics = runningMetrics(server, known);
        const share = memoryShare(metrics);
        if (metrics?.memoryBytes === undefined) return unknown;
        return [share === undefined ? 'plain' : toneOfShare(share), shortBytes(metrics.memoryBytes)];
      },
    },
    {
      title: 'PENDING',
      isRare: true,
      priority: 6,
      most: 9,
      cell: ({ pending, waiting }) =>
        pending ? ['warn', waiting === undefined ? 'yes' : `${waiting.length} to do`] : unknown,
    },
    { title: 'HOST', priority: 5, most: 24, least: 8, cell: ({ host }) => host },
    {
      title: 'PORTS',
      priority: 10,
      most: 23,
      cell: ({ ports }) => ports.map(({ port }) => port).join(', ') || unknown,
    },
    { title: 'IMAGE', priority: 11, most: 48, least: 16, cell: ({ image }) => image },
    { title: 'TAGS', isRare: true, priority: 12, most: 24, least: 8, cell: ({ tags }) => tags?.join(' ') ?? unknown },
    { title: 'WHAT', isRare: true, priority: 7, most: 60, least: 16, cell: ({ detail }) => ['dim', detail ?? ''] },
  ];
}

/** The columns of hosts. */
export function hostColumns({ hosts: known }: Pick<Metrics, 'hosts'>): readonly Column<HostSummary>[] {
  const measured = ({ id, connection }: HostSummary): HostMetrics | undefined =>
    connection === 'online' ? known.get(id) : undefined;
  return [
    { title: 'HOST', priority: 0, most: 32, least: 12, cell: ({ name }) => ['strong', name] },
    { title: 'LINK', priority: 1, most: 8, cell: ({ connection }) => [toneOf(connection), connection] },
    { title: 'SERVERS', priority: 2, most: 7, align: 'right', cell: ({ servers }) => String(servers) },
    {
      title: 'PING',
      priority: 3,
      most: 7,
      align: 'right',
      cell: ({ latencyMs }) => (latencyMs === undefined ? unknown : `${Math.round(latencyMs)} ms`),
    },
    {
      title: 'LOAD',
      isRare: true,
      priority: 4,
      most: 6,
      align: 'right',
      cell(host) {
        const { load, cpus = 0 } = measured(host) ?? {};
        return load === undefined ? unknown : [load[0] > cpus ? 'warn' : 'plain', load[0].toFixed(2)];
      },
    },
    {
      title: 'CPUS',
      priority: 9,
      most: 4,
      align: 'right',
      cell: ({ facts }) => (facts === undefined ? unknown : String(facts.cpus)),
    },
    {
      title: 'MEMORY',
      priority: 6,
      most: 13,
      align: 'right',
      cell(host) {
        const { facts } = host;
        const [used, total] = [hostMemoryUsed(measured(host)), facts?.memoryBytes];
        if (total === undefined) return unknown;
        if (used === undefined) return `${Math.round(total / 2 ** 30)} GiB`;
        return [toneOfShare(used / total), `${shortBytes(used)} of ${Math.round(total / 2 ** 30)}G`];
      },
    },
    {
      title: 'DISK',
      isRare: true,
      priority: 5,
      most: 6,
      align: 'right',
      cell(host) {
        const full = fullestDisk(measured(host));
        if (full === 'silent') return ['bad', 'silent'];
        return full === undefined ? unknown : [toneOfShare(full), percent(full)];
      },
    },
    {
      title: 'ENGINE',
      priority: 7,
      most: 24,
      cell: ({ facts }) => {
        if (facts === undefined) return unknown;
        const { kind, version, problem } = facts.runtime;
        return problem === undefined
          ? `${kind}${version === undefined ? '' : ` ${version}`}`
          : ['bad', `${kind}: no answer`];
      },
    },
    { title: 'AGENT', priority: 8, most: 16, cell: ({ facts }) => facts?.agentVersion ?? unknown },
    { title: 'SYSTEM', priority: 10, most: 48, least: 12, cell: ({ facts }) => facts?.kernel ?? unknown },
  ];
}

/** What may be sorted by, in the order `o` goes through them. */
export const sorts: readonly ListView['sort'][] = ['name', 'state', 'players', 'host', 'cpu', 'memory'];

/** States as they need looking at: trouble first. */
const urgency = ['crashed', 'failed', 'lost', 'missing', 'unknown', 'starting', 'creating', 'pulling'];

/** The servers that pass the filter, sorted. Each word of the filter must be in name, host, state, image or tags. */
export function shownServers({
  servers,
  list,
  metrics,
}: Pick<TuiState, 'servers' | 'list' | 'metrics'>): readonly SeenServer[] {
  const words = list.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const passing = [...servers.values()].filter(({ name, host, state, image, tags = [] }) => {
    const text = `${name} ${host} ${state} ${image} ${tags.join(' ')}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const byName = (a: SeenServer, b: SeenServer): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const measured = (server: SeenServer) => runningMetrics(server, metrics.servers);
  const rank = ({ state }: SeenServer): number => {
    const at = urgency.indexOf(state);
    return at === -1 ? urgency.length + (state === 'ready' ? 1 : 0) : at;
  };
  const compare: Readonly<Record<ListView['sort'], (a: SeenServer, b: SeenServer) => number>> = {
    name: () => 0,
    state: (a, b) => rank(a) - rank(b),
    players: (a, b) => (b.playersOnline ?? -1) - (a.playersOnline ?? -1),
    host: (a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0),
    cpu: (a, b) => (measured(b)?.cpusBusy ?? -1) - (measured(a)?.cpusBusy ?? -1),
    memory: (a, b) => (measured(b)?.memoryBytes ?? -1) - (measured(a)?.memoryBytes ?? -1),
  };
  return passing.toSorted((a, b) => compare[list.sort](a, b) || byName(a, b));
}
