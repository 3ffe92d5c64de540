import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';

/** Who holds a server's lock, and since when. */
export interface LockHolder {
  /** Id of the request, and of its job. */
  readonly id: string;
  readonly subject: string;
  readonly actor: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** When its running step gives up, in ISO 8601; undefined where it does not. */
  readonly deadlineAt: string | undefined;
}

/** One lock for each server: whoever changes a server holds it, so that two never work on one world. */
export interface Locks {
  /**
   * Takes the lock of a server; the returned function gives it back, once.
   * @throws ZedopsError CONFLICT naming the holder when it is taken.
   */
  take(server: LockedServer, holder: Omit<LockHolder, 'since' | 'deadlineAt'>): () => void;
  /** @throws ZedopsError CONFLICT naming the holder when the lock is taken. */
  check(server: LockedServer): void;
  holder(serverId: string): LockHolder | undefined;
  /** Takes note of when the running step of the request with this id gives up, if that request holds the lock. */
  expectUntil(serverId: string, id: string, deadlineAt: string | undefined): void;
}

interface LockedServer {
  readonly id: string;
  readonly name: string;
}

interface Held extends LockHolder {
  /** By the steady clock. */
  readonly begun: number;
  deadlineAt: string | undefined;
}

/** Makes the locks of an agent. They live as long as its process: what held one before a crash is a job to recover. */
export function createLocks(clock: Clock): Locks {
  const held = new Map<string, Held>();
  const check = (server: LockedServer): void => {
    const holder = held.get(server.id);
    if (!holder) return;
    const seconds = Math.round((clock.steady() - holder.begun) / 1000);
    throw new ZedopsError(
      'CONFLICT',
      `${server.name} is busy: ${holder.subject} by ${holder.actor} has been at it for ${seconds} s${deadlineText(holder)}`,
      { hint: `zedops job watch ${holder.id}` },
    );
  };
  return {
    check,
    take(server, wanted) {
      check(server);
      const mine: Held = { ...wanted, since: clock.now(), begun: clock.steady(), deadlineAt: undefined };
      held.set(server.id, mine);
      return () => {
        if (held.get(server.id) === mine) held.delete(server.id);
      };
    },
    holder(serverId) {
      const holder = held.get(serverId);
      if (!holder) return undefined;
      const { begun: _, ...shown } = holder;
      return shown;
    },
    expectUntil(serverId, id, deadlineAt) {
      const holder = held.get(serverId);
      if (holder?.id === id) holder.deadlineAt = deadlineAt;
    },
  };
}

function deadlineText({ deadlineAt }: LockHolder): string {
  return deadlineAt === undefined ? '' : `, and its step gives up at ${deadlineAt} unless something happens`;
}
