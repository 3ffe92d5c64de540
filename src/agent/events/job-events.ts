import type { Job } from '../../protocol/entities/job.ts';
import type { StopReport } from '../../protocol/entities/server.ts';
import { stopReportOf } from '../servers/stop-report.ts';
import type { NewEvent } from './journal.ts';

/** What a job's beginning, resumption or end is as an event. */
export function eventOfJob(job: Job): NewEvent {
  const { id: jobId, serverId, actor, subject, serverName } = job;
  const what = `${subject} on ${serverName}`;
  const about = { serverId, actor, jobId };
  if (job.state === 'running') {
    return job.recovered === 'resumed'
      ? { kind: 'job-resumed', text: `${what} goes on after a restart of the agent`, ...about }
      : job.recovered === 'undone'
        ? { kind: 'job-undone', text: `${what} is undone after a restart of the agent`, ...about }
        : { kind: 'job-begun', text: `${what} began`, ...about };
  }
  const why = job.error === undefined ? '' : `: ${job.error.message}`;
  const how = job.state === 'done' ? stopWords(job.reply) : why;
  return { kind: 'job-ended', text: `${what} ${job.state}${seconds(job)}${how}`, ...about };
}

/** Says nothing of a job that two processes worked on: its points in time are of a clock that may have been set. */
function seconds({ tookMs }: Job): string {
  return tookMs === undefined ? '' : ` after ${Math.round(tookMs / 1000)} s`;
}

const savedWords: Readonly<Record<StopReport['saved'], string>> = {
  confirmed: 'save confirmed',
  answered: 'save answered',
  no: 'save not confirmed',
  'not-asked': 'no save',
  'was-stopped': 'it was stopped already',
};

const endedWords: Readonly<Record<StopReport['ended'], string>> = {
  quit: ', quit',
  signal: ', ended by SIGTERM',
  kill: ', killed',
  'was-stopped': '',
};

/** How the game was stopped, where the job did that. */
function stopWords(reply: unknown): string {
  const report = stopReportOf(reply);
  return report === undefined ? '' : `: ${savedWords[report.saved]}${endedWords[report.ended]}`;
}
