import { type ReactElement, useState } from 'react';
import { parseSpan } from '../../platform/span.ts';
import type { AuditRow } from '../../protocol/entities/audit.ts';
import { auditList } from '../../protocol/operations/audit.ts';
import { ask } from '../ask/Ask.tsx';
import { type Column, unknown } from '../components/columns.ts';
import { detail, ListScreen, useList } from '../components/ListScreen.tsx';
import { useTui, useTuiState } from '../context.ts';
import { fleetHindrance } from '../rights.ts';
import { dayAndTime, timeOfDay } from '../spans.ts';
import type { Tone } from '../theme.ts';
import { useAnswer } from './lists/use-answer.ts';
import { type ScreenAction, useScreenActions } from './lists/use-screen-actions.tsx';

/** What the manager is asked for. Empty texts ask for all. */
interface AuditFilter {
  readonly actor: string;
  readonly subject: string;
  /** Such as `2h`. */
  readonly since: string;
  readonly limit: number;
}

const mostRows = 1000;

const columns: readonly Column<AuditRow>[] = [
  { title: 'AT', priority: 1, most: 16, cell: ({ at }) => dayAndTime(at) ?? unknown },
  { title: 'WHO', priority: 2, most: 32, least: 12, cell: ({ actor }) => ['strong', actor.name || actor.kind] },
  { title: 'WHAT', priority: 0, most: 28, least: 14, cell: ({ subject }) => subject },
  { title: 'ON', priority: 3, most: 32, least: 8, cell: ({ target }) => target ?? unknown },
  { title: 'OUTCOME', priority: 4, most: 16, least: 7, cell: ({ outcome }) => [outcomeTone(outcome), outcome] },
  { title: 'FROM', priority: 6, most: 24, least: 8, cell: ({ from }) => from },
  { title: 'MESSAGE', isRare: true, priority: 5, most: 80, least: 12, cell: ({ message }) => ['dim', message ?? ''] },
];

/** Who did what, newest first. */
export function Audit({ rows }: { readonly rows: number }): ReactElement {
  const tui = useTui();
  const { client, clock, isReadOnly } = tui;
  const { me } = useTuiState();
  const [filter, setFilter] = useState<AuditFilter>({ actor: '', subject: '', since: '', limit: 100 });
  const why = fleetHindrance(auditList, { me, isReadOnly });
  const answer = useAnswer(
    client && why === undefined
      ? async (signal) => (await client.call(auditList, requestOf(filter, clock.now()), signal)).rows
      : undefined,
    JSON.stringify(filter),
  );
  const items = answer.value ?? [];
  const list = useList(
    items,
    ({ id }) => id,
    ({ actor, subject, target = '', outcome, from, message = '' }) =>
      `${actor.name} ${actor.kind} ${subject} ${target} ${outcome} ${from} ${message}`,
  );
  const command = commandOf(filter);
  const actions: readonly ScreenAction[] = [
    {
      id: 'audit.by',
      label: 'Who, what and since when',
      command: 'zedops audit --actor <name> --subject <operation> --since 1d',
      why,
      begin: () =>
        ask(tui, {
          title: 'Show what of the audit',
          fields: [
            { id: 'actor', label: 'who', kind: 'text', first: filter.actor, hint: 'a person or host; empty: everyone' },
            {
              id: 'subject',
              label: 'what',
              kind: 'text',
              first: filter.subject,
              hint: 'such as server or server.stop; empty: all',
            },
            { id: 'since', label: 'since', kind: 'text', first: filter.since, hint: 'such as 2h or 7d; empty: ever' },
          ],
          check: ({ since = '' }) =>
            since.trim() === '' || parseSpan(since) !== undefined
              ? undefined
              : { field: 'since', text: `"${since}" is no length of time, such as 2h or 7d` },
          command: ({ actor = '', subject = '', since = '' }) => commandOf({ ...filter, actor, subject, since }),
          onDone: ({ actor = '', subject = '', since = '' }) =>
            setFilter({ ...filter, actor: actor.trim(), subject: subject.trim(), since: since.trim() }),
        }),
    },
    {
      id: 'audit.more',
      label: 'More rows',
      command: commandOf({ ...filter, limit: mostRows }),
      why:
        why ??
        (items.length < filter.limit
          ? 'these are all'
          : filter.limit === mostRows
            ? `${mostRows} are the most: filter by w`
            : undefined),
      begin: () => setFilter({ ...filter, limit: mostRows }),
    },
    { id: 'rows.again', label: 'Ask anew', command, why, begin: answer.again },
  ];
  const dim = useScreenActions(['audit', 'rows'], actions, []);
  const asked = [filter.actor, filter.subject, filter.since].filter(Boolean).join(' · ');
  return (
    <ListScreen
      rows={rows}
      title={['Audit, newest first', ['dim', asked === '' ? '' : ` · only ${asked}`]]}
      list={list}
      columns={columns}
      empty={why ?? (answer.isAsking ? 'Asking' : 'Nothing was done that fits')}
      problem={answer.problem}
      details={(row) => [
        ...detail('at', `${dayAndTime(row.at) ?? ''}:${timeOfDay(row.at).slice(6)}`),
        ...detail('who', `${row.actor.name || 'nobody'} (${row.actor.kind}) from ${row.from}`),
        ...detail('what', row.subject, row.target === undefined ? '' : ` on ${row.target}`),
        ...detail('outcome', [outcomeTone(row.outcome), row.outcome], durationOf(row)),
        ...detail('message', row.message),
        ...detail(
          'details',
          row.details === undefined || row.details === null ? undefined : JSON.stringify(row.details),
        ),
        ...detail('request', row.requestId),
      ]}
      places={['audit']}
      dim={dim}
    />
  );
}

function outcomeTone(outcome: AuditRow['outcome']): Tone {
  return outcome === 'ok' ? 'good' : outcome === 'begun' ? 'warn' : 'bad';
}

function durationOf({ durationMs }: AuditRow): string {
  return durationMs === undefined ? '' : ` · ${Math.round(durationMs)} ms`;
}

function requestOf({ actor, subject, since, limit }: AuditFilter, now: number) {
  const span = parseSpan(since);
  return {
    limit,
    ...(actor === '' ? {} : { actor }),
    ...(subject === '' ? {} : { subject }),
    ...(span === undefined ? {} : { since: new Date(now - span).toISOString() }),
  };
}

function commandOf({ actor, subject, since, limit }: AuditFilter): string {
  const flag = (name: string, value: string): string => (value.trim() === '' ? '' : ` --${name} ${value.trim()}`);
  return `zedops audit${flag('actor', actor)}${flag('subject', subject)}${flag('since', since)}${limit === 100 ? '' : ` --limit ${limit}`}`;
}
