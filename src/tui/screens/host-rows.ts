import type { HostSummary } from '../../protocol/entities/host.ts';
import { type Column, unknown } from '../components/columns.ts';
import { detail } from '../components/ListScreen.tsx';
import type { Piece } from '../pieces.ts';
import { dayAndTime } from '../spans.ts';
import { toneOf } from '../theme.ts';
import { hostColumns } from './fleet-columns.ts';

/** The columns of the list of hosts. */
export const hostListColumns: readonly Column<HostSummary>[] = [
  ...hostColumns,
  { title: 'TAGS', isRare: true, priority: 5, most: 24, least: 8, cell: ({ tags }) => tags?.join(' ') ?? unknown },
];

/** All that is known of a host. */
export function hostDetails(host: HostSummary): readonly (readonly Piece[])[] {
  const { facts, connection } = host;
  const problem = facts?.runtime.problem;
  return [
    ...detail('connection', [toneOf(connection), connection], lastHeard(host)),
    ...detail('engine', facts && [problem === undefined ? 'plain' : 'bad', engineText(facts.runtime)]),
    ...detail('machine', facts && `${facts.hostname}, ${facts.platform}, ${facts.kernel}`),
    ...detail('size', facts && `${facts.cpus} CPUs, ${Math.round(facts.memoryBytes / 2 ** 30)} GiB of memory`),
    ...detail('agent', facts && `${facts.agentVersion} on Node ${facts.nodeVersion}`),
    ...detail('servers in', facts?.dataRoot),
    ...detail('tags', host.tags?.join(' ')),
    ...detail('joined', dayAndTime(host.joinedAt)),
    ...detail('certificate', host.certificateExpiresAt && `until ${dayAndTime(host.certificateExpiresAt)}`),
  ];
}

function lastHeard({ connection, lastSeenAt }: HostSummary): Piece | undefined {
  return connection === 'online' || lastSeenAt === undefined
    ? undefined
    : ['dim', ` · last heard ${dayAndTime(lastSeenAt)}`];
}

function engineText({ kind, version, problem }: NonNullable<HostSummary['facts']>['runtime']): string {
  if (problem !== undefined) return `${kind} does not answer: ${problem}`;
  return version === undefined ? kind : `${kind} ${version}`;
}
