import { type ReactElement, useState } from 'react';
import type { Job } from '../../protocol/entities/job.ts';
import { jobCancel } from '../../protocol/operations/job.ts';
import { isAllowed } from '../../protocol/permissions.ts';
import { firstShown, headRow, placeColumns, tableRow } from '../components/columns.ts';
import { Lines } from '../components/Lines.tsx';
import { Confirm, confirmRows, Panel } from '../components/Overlay.tsx';
import { type Tui, useActions, useKeys, useNow, useSize, useTui } from '../context.ts';
import { layers } from '../keys/key-router.ts';
import { paintRow } from '../pieces.ts';
import { EqualLines, equalLinesRows } from './forms/EqualLines.tsx';
import { jobColumns, jobRows } from './job-rows.ts';
import type { SeenJobs } from './use-jobs.ts';

/** Jobs to look at, one by one, and to cancel. */
export function JobTable({
  seen,
  rows,
  empty,
}: {
  readonly seen: SeenJobs;
  readonly rows: number;
  /** What is said where there are none. */
  readonly empty: string;
}): ReactElement {
  const tui = useTui();
  const { theme, open } = tui;
  const { columns } = useSize();
  const now = useNow(1_000);
  const [selected, setSelected] = useState<string>();
  const jobs = seen.jobs ?? [];
  const at = Math.max(
    0,
    jobs.findIndex(({ id }) => id === selected),
  );
  const job = jobs[at];
  const told = [
    ...(seen.problem === undefined ? [] : [paintRow(theme, [['warn', seen.problem]], columns)]),
    ...seen.silentHosts.map((host) =>
      paintRow(theme, [['warn', `${host} is offline, so its jobs are not in the list`]], columns),
    ),
  ].slice(0, 3);
  const space = Math.max(1, rows - 1 - told.length);
  const select = (index: number) => (): void => setSelected(jobs[Math.max(0, Math.min(jobs.length - 1, index))]?.id);
  useActions(layers.tab, ['jobs', 'list', 'everywhere'], {
    down: select(at + 1),
    up: select(at - 1),
    'page-down': select(at + space),
    'page-up': select(at - space),
    first: select(0),
    last: select(jobs.length - 1),
    ...(job === undefined
      ? {}
      : {
          'job.watch': () => showJob(tui, job, columns),
          'job.cancel': () => cancel(tui, job),
          commands: () => {
            const lines = [`zedops job watch ${job.id}`, `zedops job cancel ${job.id}`, 'zedops job list'];
            open({
              rows: equalLinesRows(lines, columns),
              render: (close) => <EqualLines title="The same on the command line" lines={lines} close={close} />,
            });
          },
        }),
  });
  const placed = placeColumns(jobColumns(now), jobs, columns);
  const first = firstShown(at, jobs.length, space);
  const body = jobs
    .slice(first, first + space)
    .map((one, index) => tableRow(theme, placed, one, columns, first + index === at));
  const nothing = paintRow(
    theme,
    [['dim', seen.jobs === undefined ? 'Asking the hosts for their jobs' : empty]],
    columns,
  );
  return (
    <Lines
      rows={[
        headRow(theme, placed, columns),
        ...Array.from({ length: space }, (_, index) => body[index] ?? (index === 0 ? nothing : '')),
        ...told,
      ]}
    />
  );
}

/** Why someone cannot cancel a job; undefined where they can. */
export function cancelHindrance({ store, isReadOnly }: Tui, { state, serverId, serverName }: Job): string | undefined {
  const { me, servers } = store.state();
  const { permission } = jobCancel;
  const hostId = servers.get(serverId)?.hostId ?? '';
  if (isReadOnly) return 'ZedOps was opened with --read-only';
  if (state !== 'running') return `it is ${state}`;
  return me !== undefined && isAllowed(me.grants, permission, { kind: 'server', hostId, serverId })
    ? undefined
    : `needs the permission ${permission} on ${serverName}`;
}

function cancel(tui: Tui, job: Job): void {
  const { subject, serverName, id } = job;
  const why = cancelHindrance(tui, job);
  if (why !== undefined) {
    tui.notify({ tone: 'warn', text: `Cancel ${subject} on ${serverName}: ${why}` });
    return;
  }
  const warnings = ['It ends at its next safe place; what it has done until then stays done.'];
  const go = (): void => {
    tui.client?.call(jobCancel, { job: id }).then(
      (reply) => tui.notify({ tone: 'good', text: `${subject} on ${serverName} is ${reply.job.state}` }),
      (error: unknown) =>
        tui.notify({ tone: 'bad', text: `Not cancelled: ${error instanceof Error ? error.message : error}` }),
    );
  };
  tui.open({
    rows: confirmRows(warnings),
    render: (close) => (
      <Confirm
        title={`Cancel ${subject} on ${serverName}`}
        warnings={warnings}
        command={`zedops job cancel ${id}`}
        close={close}
        onYes={go}
      />
    ),
  });
}

function showJob({ open, clock }: Tui, job: Job, columns: number): void {
  const rows = jobRows(job, clock.now(), columns);
  open({ rows: rows.length + 1, render: (close) => <JobPanel job={job} close={close} /> });
}

function JobPanel({ job, close }: { readonly job: Job; readonly close: () => void }): ReactElement {
  const { columns } = useSize();
  const now = useNow(1_000);
  useKeys(layers.dialog, () => {
    close();
    return true;
  });
  return <Panel title={`Job ${job.id}`} rows={jobRows(job, now, columns)} />;
}
