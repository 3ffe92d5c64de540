import { type Clock, isoTime } from '../../platform/clock.ts';
import { Step } from '../../protocol/entities/job.ts';
import type { DesiredServer, ServerActivity, ServerLock } from '../../protocol/entities/server.ts';
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

/**
 * Keeps others from changing a server while another is made from it, which is shown as its lock; the returned function
 * lets go. @throws ZedopsError CONFLICT naming the holder when it is taken.
 */
export type Reserve = (server: DesiredServer, holder: Omit<Doer, 'passes'>) => () => void;

/** What {@link createExclusive} is made of. */
export interface ExclusiveOptions {
  readonly locks: Locks;
  readonly observer: Observer;
  readonly clock: Clock;
}

/** Makes the one way to change a server. */
export function createExclusive({ locks, observer, clock }: ExclusiveOptions): RunExclusive {
  /** What goes on with each server, by request: a kill goes on beside the work that it passes. */
  const underWay = new Map<string, Map<string, ServerActivity>>();

  /** Shows who holds the lock, and of all that goes on what was begun last. */
  const show = (server: DesiredServer): void => {
    const all = underWay.get(server.id);
    observer.note(server, { lock: lockOf(locks, server), activity: [...(all?.values() ?? [])].at(-1) });
  };

  return async (server, { passes, ...holder }, work) => {
    const release = passes ? () => undefined : locks.take(server, holder);
    const since = isoTime(clock.now());
    const all = underWay.get(server.id) ?? new Map<string, ServerActivity>();
    underWay.set(server.id, all);
    const step = ({ step, percent, deadlineAt, waiting }: Step): void => {
      const activity = {
        ...holder,
        step,
        since,
        ...(percent === undefined ? {} : { percent }),
        ...(waiting === undefined ? {} : { waiting }),
      };
      all.set(holder.id, activity);
      locks.expectUntil(server.id, holder.id, deadlineAt);
      show(server);
    };
    step({ step: 'begins' });
    try {
      const result = await work((given) => {
        const parsed = Step.safeParse(given);
        if (parsed.success) step(parsed.data);
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
      all.delete(holder.id);
      if (all.size === 0) underWay.delete(server.id);
      show(server);
    }
  };
}

/** Makes the one way to keep others from a server that is not changed itself. */
export function createReserve({ locks, observer }: Pick<ExclusiveOptions, 'locks' | 'observer'>): Reserve {
  return (server, holder) => {
    const release = locks.take(server, holder);
    observer.note(server, { lock: lockOf(locks, server) });
    return () => {
      release();
      observer.note(server, { lock: lockOf(locks, server) });
    };
  };
}

function lockOf(locks: Locks, { id }: DesiredServer): ServerLock | undefined {
  const holder = locks.holder(id);
  return holder && { ...holder, since: isoTime(holder.since) };
}
