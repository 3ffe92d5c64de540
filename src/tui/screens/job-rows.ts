import type { Job } from '../../protocol/entities/job.ts';
import { type Column, unknown } from '../components/columns.ts';
import { words } from '../forms/form-rows.ts';
import type { Piece } from '../pieces.ts';
import { shortSpan } from '../spans.ts';
import { toneOf } from '../theme.ts';

/** The columns of jobs. */
export function jobColumns(now: number): readonly Column<Job>[] {
  return [
    { title: 'JOB', priority: 0, most: 20, least: 14, cell: ({ subject }) => ['strong', subject] },
    { title: 'SERVER', priority: 2, most: 32, least: 8, cell: ({ serverName }) => serverName },
    { title: 'STATE', priority: 1, most: 9, cell: ({ state }) => [toneOf(state), state] },
    {
      title: 'DONE',
      priority: 4,
      most: 5,
      align: 'right',
      cell: ({ state, step }) =>
        state === 'running' && step?.percent !== undefined ? `${Math.round(step.percent)} %` : unknown,
    },
    { title: 'AGE', priority: 5, most: 7, align: 'right', cell: ({ startedAt }) => ageOf(startedAt, now) },
    {
      title: 'GIVES UP',
      isRare: true,
      priority: 6,
      most: 8,
      cell: (job) => {
        const left = secondsLeft(job, now);
        return left === undefined ? unknown : `in ${shortSpan(left)}`;
      },
    },
    {
      title: 'STEP',
      priority: 3,
      most: 80,
      least: 12,
      cell: (job) => ['dim', job.error?.message ?? job.step?.step ?? ''],
    },
    { title: 'BY', priority: 7, most: 32, least: 8, cell: ({ actor }) => actor },
  ];
}

/** All of a job, for who wants to know. */
export function jobRows(job: Job, now: number, width: number): readonly (readonly Piece[])[] {
  const { id, subject, serverName, actor, state, step, startedAt, endedAt, tookMs, recovered, error } = job;
  const left = secondsLeft(job, now);
  const pair = (name: string, text: string | undefined): readonly (readonly Piece[])[] =>
    text === undefined || text === ''
      ? []
      : words(text, width - 14).map((row, index): Piece[] => [['dim', (index === 0 ? name : '').padEnd(12)], row]);
  return [
    ...pair('what', `${subject} on ${serverName}, by ${actor}`),
    ...pair(
      'state',
      `${state}${step?.percent !== undefined && state === 'running' ? `, ${Math.round(step.percent)} %` : ''}`,
    ),
    ...pair('step', step?.step),
    ...pair('gives up', left === undefined ? undefined : `in ${shortSpan(left)} if nothing happens`),
    ...pair('began', `${startedAt}${endedAt === undefined ? '' : `, ended ${endedAt}`}`),
    ...pair('took', tookMs === undefined ? undefined : shortSpan(tookMs / 1000)),
    ...pair('recovered', recovered === undefined ? undefined : `${recovered}, after its agent had died`),
    ...pair('error', error?.message),
    ...pair('hint', error?.hint),
    ...pair('id', id),
  ];
}

function secondsLeft({ state, step }: Job, now: number): number | undefined {
  if (state !== 'running' || step?.deadlineAt === undefined) return undefined;
  return Math.max(0, (Date.parse(step.deadlineAt) - now) / 1000);
}

function ageOf(iso: string, now: number): string {
  const at = Date.parse(iso);
  return Number.isNaN(at) ? unknown : shortSpan((now - at) / 1000);
}
