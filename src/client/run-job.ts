import type * as z from 'zod';
import { type Clock, pause } from '../platform/clock.ts';
import { createBackoff } from '../platform/network/backoff.ts';
import type { Job, Step } from '../protocol/entities/job.ts';
import { fromWireError, invalidInput, ZedopsError } from '../protocol/errors.ts';
import type { OperationShape } from '../protocol/operation.ts';
import { jobWatch } from '../protocol/operations/job.ts';
import type { Session } from './connect/session.ts';
import { causeOf, mayPass } from './follow/outage.ts';

/** What {@link runJob} needs. */
export interface JobOptions {
  readonly open: (signal: AbortSignal) => Promise<Session>;
  /** Id of the request and of its job. */
  readonly id: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onStep: (step: Step) => void;
  /** Told when the connection is lost and when it is there again. */
  readonly onConnection: (state: 'lost' | 'back') => void;
  /** Milliseconds without word after which it gives up on a job it has lost sight of. Default 10 min. */
  readonly patienceMs?: number;
}

/**
 * Asks for long work and waits for its end. When manager, agent or network fail in the middle, it comes back and goes on
 * watching the job, so that the answer is the one it would have had.
 * @throws ZedopsError the work's own error; TIMEOUT when nothing has been heard of it for too long.
 */
export async function runJob<Request extends z.ZodType, Progress extends z.ZodType, Reply extends z.ZodType>(
  operation: OperationShape & { request: Request; progress: Progress; reply: Reply },
  data: z.input<Request>,
  options: JobOptions,
): Promise<z.output<Reply>> {
  const { clock, signal, id, onConnection, patienceMs = 600_000 } = options;
  const backoff = createBackoff(() => clock.steady());
  let hasBegun = false;
  let heardAt = clock.steady();
  let isLost = false;
  const onProgress = (step: Step): void => {
    hasBegun = true;
    heardAt = clock.steady();
    options.onStep(step);
  };
  const ask = (session: Session): Promise<z.output<Reply>> =>
    session.peer.request({ ...operation, progress: jobWatch.progress }, data, { id, signal, onProgress });

  for (;;) {
    let session: Session | undefined;
    try {
      session = await options.open(signal);
      if (isLost) onConnection('back');
      isLost = false;
      if (!hasBegun) return await ask(session);
      const job = await findJob(session, options, onProgress);
      return job === undefined ? await ask(session) : outcomeOf(operation, job);
    } catch (error) {
      const why = session === undefined ? error : await causeOf(session, error);
      const wasSent = hasBegun || session?.lost() !== undefined;
      if (signal.aborted || !wasSent || !mayPass(why)) throw why;
      hasBegun = true;
      if (clock.steady() - heardAt > patienceMs) throw outOfSight(operation.subject, id, why);
      if (!isLost) onConnection('lost');
      isLost = true;
    } finally {
      session?.close();
    }
    await pause(clock, backoff.next(), signal);
    if (signal.aborted) throw new ZedopsError('CANCELLED', `Waiting for ${operation.subject} was cancelled`);
  }
}

/** The job at its end; undefined when no agent has ever heard of it, so that the request may be sent again. */
async function findJob(
  session: Session,
  { id, signal }: JobOptions,
  onProgress: (step: Step) => void,
): Promise<Job | undefined> {
  try {
    return (await session.peer.request(jobWatch, { job: id }, { signal, onProgress })).job;
  } catch (error) {
    if (error instanceof ZedopsError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** What the job came to, as the request itself would have answered. */
export function outcomeOf<Reply extends z.ZodType>(
  operation: OperationShape & { reply: Reply },
  job: Job,
): z.output<Reply> {
  if (job.state === 'done') {
    const reply = operation.reply.safeParse(job.reply);
    if (reply.success) return reply.data;
    throw invalidInput(`The reply of job ${job.id}`, reply.error);
  }
  if (job.error !== undefined) throw fromWireError(job.error);
  if (job.state === 'cancelled')
    throw new ZedopsError('CANCELLED', `${job.subject} on ${job.serverName} was cancelled`);
  throw new ZedopsError('INTERNAL', `Job ${job.id} ended as "${job.state}" and does not say why`);
}

function outOfSight(subject: string, id: string, cause: unknown): ZedopsError {
  return new ZedopsError('TIMEOUT', `Nothing has been heard of ${subject} for too long; it may still be running`, {
    hint: `zedops job watch ${id}`,
    cause,
  });
}
