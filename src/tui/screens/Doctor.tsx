import type { ReactElement } from 'react';
import { examineFleet, examineHost, type LocatedFinding } from '../../client/examine-fleet.ts';
import { hostDoctor } from '../../protocol/operations/host.ts';
import { managerDoctor } from '../../protocol/operations/system.ts';
import type { Column } from '../components/columns.ts';
import { detail, ListScreen, useList } from '../components/ListScreen.tsx';
import { useTui, useTuiState } from '../context.ts';
import type { Piece } from '../pieces.ts';
import { fleetHindrance, rightsHindrance } from '../rights.ts';
import { shortSpan } from '../spans.ts';
import { routeOf } from '../store/state.ts';
import { useAnswer } from './lists/use-answer.ts';
import { useScreenActions } from './lists/use-screen-actions.tsx';

const tones = { ok: 'good', warn: 'warn', fail: 'bad' } as const;
const worstFirst: readonly LocatedFinding['level'][] = ['fail', 'warn', 'ok'];

const columns: readonly Column<LocatedFinding>[] = [
  { title: 'LEVEL', priority: 0, most: 5, cell: ({ level }) => [tones[level], level] },
  { title: 'WHERE', priority: 2, most: 24, least: 8, cell: ({ where }) => where },
  { title: 'CHECK', priority: 3, most: 24, least: 8, cell: ({ check }) => check },
  { title: 'FOUND', priority: 1, most: 160, least: 20, cell: ({ message }) => message },
];

/** What is found when a host, or this machine and the whole fleet, are examined; each with what mends it. */
export function Doctor({ rows }: { readonly rows: number }): ReactElement {
  const { client, clock, isReadOnly, examineHere } = useTui();
  const state = useTuiState();
  const { id } = routeOf(state);
  const host = id === undefined ? undefined : state.hosts.get(id);
  const asker = { me: state.me, isReadOnly };
  const why =
    host === undefined
      ? fleetHindrance(managerDoctor, asker)
      : rightsHindrance(hostDoctor, { kind: 'host', hostId: host.id }, host.name, asker);
  const examine = async (signal: AbortSignal): Promise<readonly LocatedFinding[]> => {
    if (!client) return [];
    const found =
      host === undefined
        ? await examineFleet({ manager: client, signal, now: clock.now(), span: shortSpan })
        : await examineHost(host.name, true, { manager: client, signal });
    const here = host === undefined ? ((await examineHere?.()) ?? []) : [];
    const all = [...here.map((finding) => ({ where: 'here', ...finding })), ...found];
    return all.toSorted((a, b) => worstFirst.indexOf(a.level) - worstFirst.indexOf(b.level));
  };
  const answer = useAnswer(why === undefined ? examine : undefined, id ?? '');
  const findings = answer.value ?? [];
  const list = useList(
    findings,
    ({ where, check, message }) => `${where} ${check} ${message}`,
    ({ level, where, check, message }) => `${level} ${where} ${check} ${message}`,
  );
  const command = `zedops doctor${host === undefined ? '' : ` ${host.name}`}`;
  const again = { id: 'rows.again', label: 'Examine anew', command, why, begin: answer.again };
  const dim = useScreenActions(['rows'], [again], []);
  const count = (level: LocatedFinding['level']): number => findings.filter((found) => found.level === level).length;
  const title: Piece[] = [
    `Doctor of ${host?.name ?? 'the fleet'}`,
    ...(answer.isAsking && why === undefined ? ([['dim', ' · looking']] satisfies Piece[]) : []),
    ...(count('fail') === 0 ? [] : ([['bad', ` · ${count('fail')} to mend`]] satisfies Piece[])),
    ...(count('warn') === 0 ? [] : ([['warn', ` · ${count('warn')} to look at`]] satisfies Piece[])),
  ];
  return (
    <ListScreen
      rows={rows}
      title={title}
      list={list}
      columns={columns}
      empty={why ?? (answer.isAsking ? 'Looking' : 'Nothing was found')}
      problem={answer.problem}
      details={({ level, where, check, message, fix }) => [
        ...detail(`${where}`, [tones[level], check]),
        ...detail('found', message),
        ...detail('mend by', fix === undefined ? undefined : ['key', fix]),
      ]}
      places={[]}
      dim={dim}
    />
  );
}
