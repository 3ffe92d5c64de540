import type { Session } from '../../client/connect/session.ts';
import { causeOf, mayPass } from '../../client/follow/outage.ts';
import { pause } from '../../platform/clock.ts';
import { createBackoff } from '../../platform/network/backoff.ts';
import type { Job } from '../../protocol/entities/job.ts';
import { errorCodes, ZedopsError } from '../../protocol/errors.ts';
import { jobCancel, jobList, jobShow, jobWatch } from '../../protocol/operations/job.ts';
import { type Command, type Context, command } from '../grammar/command.ts';
import { fromOperation } from '../grammar/from-operation.ts';
import { type Cell, duration, moment, pairs, table } from '../output/format.ts';
import { createPaint, paintState } from '../output/paint.ts';
import { createProgress } from '../output/progress.ts';

const watchCommand = command({
  words: 'job watch',
  summary: jobWatch.summary,
  details: ['It comes back by itself when the connection fails.'],
  subject: jobWatch.subject,
  input: jobWatch.request,
  positional: ['job'],
  examples: ['zedops job watch 01jd5k0c3p8x2m4v6b7n9qrs'],
  exits: { 1: 'ZedOps failed, or the job did; a failed job exits with the code of its own error' },
  async run({ job: id }, context) {
    const job = await watch(id, context);
    context.talk.show({ job }, () => describe(job));
    if (job.state === 'done') return undefined;
    return errorCodes[job.error?.code ?? (job.state === 'cancelled' ? 'CANCELLED' : 'INTERNAL')].exit;
  },
});

/** The commands of `zedops job`. */
export const jobCommands: readonly Command[] = [
  fromOperation(jobList, {
    words: 'job list',
    examples: ['zedops job list', 'zedops job list --host box-1 --json'],
    answer: 'show',
    async text({ jobs, silentHosts }, _, context) {
      for (const host of silentHosts) context.talk.warn(`${host} is offline, so its jobs are not in the list`);
      if (jobs.length === 0) return '';
      const paint = await createPaint(context.globals.color);
      const rows = jobs.map((job): Cell[] => [
        job.id,
        job.subject,
        job.serverName,
        { text: job.state, paint: paintState(paint, job.state) },
        job.step?.step,
        moment(job.startedAt),
        job.actor,
      ]);
      return table(['ID', 'WHAT', 'SERVER', 'STATE', 'STEP', 'STARTED', 'BY'], rows);
    },
  }),
  fromOperation(jobShow, {
    words: 'job show',
    positional: ['job'],
    examples: ['zedops job show 01jd5k0c3p8x2m4v6b7n9qrs'],
    answer: 'show',
    text: ({ job }) => describe(job),
  }),
  watchCommand,
  fromOperation(jobCancel, {
    words: 'job cancel',
    positional: ['job'],
    examples: ['zedops job cancel 01jd5k0c3p8x2m4v6b7n9qrs'],
    answer: 'done',
    text: ({ job }) => `${job.subject} on ${job.serverName} is ${job.state}`,
  }),
];

async function watch(id: string, context: Context): Promise<Job> {
  const { clock, signal } = context;
  const manager = await context.manager();
  const progress = await createProgress(context);
  const backoff = createBackoff(() => clock.steady());
  let hasBegun = false;
  try {
    for (;;) {
      let session: Session | undefined;
      try {
        session = await manager.open(signal);
        const { job } = await session.peer.request(
          jobWatch,
          { job: id },
          {
            signal,
            onProgress(step) {
              hasBegun = true;
              progress.step(step);
            },
          },
        );
        return job;
      } catch (error) {
        const why = session === undefined ? error : await causeOf(session, error);
        if (signal.aborted || !(hasBegun || session?.lost()) || !mayPass(why)) throw why;
        hasBegun = true;
        progress.remark('the connection to the manager is lost; trying to come back');
      } finally {
        session?.close();
      }
      await pause(clock, backoff.next(), signal);
      if (signal.aborted) throw new ZedopsError('CANCELLED', 'Interrupted');
    }
  } finally {
    progress.end();
  }
}

function describe(job: Job): string {
  return pairs([
    ['id', job.id],
    ['what', `${job.subject} on ${job.serverName}`],
    ['by', job.actor],
    ['state', job.state],
    ['step', job.step?.step],
    ['started', moment(job.startedAt)],
    ['ended', job.endedAt === undefined ? undefined : moment(job.endedAt)],
    ['took', job.tookMs === undefined ? undefined : duration(job.tookMs / 1000)],
    ['after a crash', job.recovered],
    ['error', job.error?.message],
    ['hint', job.error?.hint],
  ]);
}
