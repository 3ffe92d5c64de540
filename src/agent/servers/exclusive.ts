import { type Clock, isoTime } from '../../platform/clock.ts';
import { Step } from '../../protocol/entities/job.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Locks } from './locks.ts';
import type { Observer } from './observer.ts';

/** Who does something to a server, under which id. */
export interface Doer {
  readonly id: string;
  readonly subject: string;
  readonly actor: string;
  /** True for what goes through while another holds the lock: a kill. */
  readonly passes: boolean;
}

/** Does something to a server while holding its lock, with its steps shown as what goes on, and its failure kept. */
export type RunExclusive = <Result>(
  server: DesiredServer,
  doer: Doer,
  work: (showStep: (step: unknown) => void) => Promise<Result>,
) => Promise<Result>;

/** What {@link createExclusive} is made of. */
export interface ExclusiveOptions {
  readonly locks: Locks;
  readonly observer: Observer;
  readonly clock: Clock;
}

/** Makes the one way to change a server. */
export function createExclusive({ locks, observer, clock }: ExclusiveOptions): RunExclusive {
  return async (server, { passes, ...holder }, work) => {
    const release = passes ? () => undefined : locks.take(server, holder);
    const since = isoTime(clock.now());
    const show = ({ step, percent, waiting }: Step): void => {
      const activity = {
        ...holder,
        step,
        since,
        ...(percent === undefined ? {} : { percent }),
        ...(waiting === undefined ? {} : { waiting }),
      };
      observer.note(server, { activity });
    };
    show({ step: 'begins' });
    try {
      const result = await work((given) => {
        const step = Step.safeParse(given);
        if (step.success) show(step.data);
      });
      observer.note(server, { failure: undefined });
      return result;
    } catch (error) {
      const message = error instanceof ZedopsError ? error.message : 'ZedOps failed; the agent’s log has the cause';
      const failure = { subject: holder.subject, message, at: isoTime(clock.now()) };
      observer.note(server, { failure });
      throw error;
    } finally {
      release();
      // A kill that passed a job leaves the job's own activity alone, and the other way round.
      if (observer.find(server.id)?.activity?.id === holder.id) observer.note(server, { activity: undefined });
    }
  };
}
