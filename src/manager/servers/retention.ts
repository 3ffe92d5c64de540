import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import { serverPurge } from '../../protocol/operations/server-removal.ts';
import { systemPing } from '../../protocol/operations/system.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Hub } from '../hosts/hub.ts';
import type { Identity } from '../people/identity.ts';
import type { Db } from '../store/database.ts';
import { type ServerRecord, serversToPurge } from '../store/servers.ts';
import { watchClockJumps } from './clock-jumps.ts';

/** What {@link keepRetention} needs. */
export interface RetentionDeps {
  readonly db: Db;
  readonly hub: Pick<Hub, 'find' | 'onPresence'>;
  readonly gateway: Pick<Gateway, 'handle'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A purge that failed, and when it is tried again, in milliseconds of the steady clock. */
interface Failed {
  readonly times: number;
  readonly againAt: number;
}

/** Who purges when the time is up: ZedOps itself, through the same door as everyone, so that the audit has it. */
const retention: Identity = {
  actor: { kind: 'system', id: '', name: 'retention' },
  grants: [{ role: 'admin', scope: { kind: 'global' } }],
};

const everyMs = 60_000;
const longestWaitMs = 3_600_000;
/** How far the clock of a host may be behind, in milliseconds, before its word counts against a purge. */
const tolerableMs = 300_000;

/**
 * Purges deleted servers whose time is up: once a minute, at the start of the manager, and when a host comes online. The
 * world of a server whose host is away is never forgotten: it is purged when the host is back, and only then is the name
 * free. A clock that is set ahead purges nothing before as much time has passed, or the manager has started anew; nor does
 * one that its host does not agree with. One at a time for each host. The returned function ends it; what is under way goes on.
 */
export function keepRetention({ db, hub, gateway, clock, log }: RetentionDeps): () => void {
  const ended = new AbortController();
  const failed = new Map<string, Failed>();
  const busyHosts = new Set<string>();
  const jumps = watchClockJumps(clock);

  const purge = async ({ id, name }: ServerRecord): Promise<void> => {
    const requestId = newId(clock.now());
    log.info({ id: requestId, server: name }, 'purges a deleted server: its time is up');
    try {
      const request = { server: id, confirm: name };
      const asker = { identity: retention, from: 'manager' };
      await gateway.handle(serverPurge.subject, request, { asker, id: requestId, signal: ended.signal });
      failed.delete(id);
    } catch (error) {
      const times = (failed.get(id)?.times ?? 0) + 1;
      const waitMs = Math.min(longestWaitMs, everyMs * 2 ** Math.min(times - 1, 10));
      failed.set(id, { times, againAt: clock.steady() + waitMs });
      const minutes = Math.round(waitMs / 60_000);
      log.warn(
        { id: requestId, server: name, minutes, error: error instanceof Error ? error : undefined },
        'a deleted server could not be purged; its data is kept, and it is tried again',
      );
    }
  };

  /** Those that are due by the clock of their host, too: a clock that jumps ahead must cost nobody a world. */
  const dueThere = async (hostId: string, servers: readonly ServerRecord[]): Promise<readonly ServerRecord[]> => {
    const link = hub.find(hostId);
    if (!link) return [];
    const theirs = Date.parse((await link.request(systemPing, {}, { signal: ended.signal })).clock);
    const isEarly = ({ purgeAt = 0 }: ServerRecord): boolean => theirs + tolerableMs < purgeAt;
    const early = servers.filter(isEarly).map(({ name }) => name);
    if (early.length > 0) {
      const fields = { host: link.hostName, servers: early.slice(0, 20).join(', ') };
      log.warn(fields, 'the time of deleted servers is up by this clock and not by their host’s; nothing is purged');
    }
    return servers.filter((server) => !isEarly(server));
  };

  const purgeOnHost = async (hostId: string, servers: readonly ServerRecord[]): Promise<void> => {
    busyHosts.add(hostId);
    try {
      for (const server of await dueThere(hostId, servers)) {
        const isTime = (failed.get(server.id)?.againAt ?? 0) <= clock.steady();
        if (isTime && hub.find(hostId) && !ended.signal.aborted) await purge(server);
      }
    } catch (error) {
      // The host went away as it was asked; it is asked again when it is back.
      if (!(error instanceof Error) || !(error instanceof ZedopsError || ended.signal.aborted)) throw error;
      log.debug({ hostId, error }, 'a host did not say what time it is; nothing is purged there');
    } finally {
      busyHosts.delete(hostId);
    }
  };

  /** Those that are due also without what the clock was set ahead since they were deleted: that has made nothing older. */
  const dueHere = async (): Promise<readonly ServerRecord[]> => {
    jumps.look();
    const now = clock.now();
    const servers = await serversToPurge(db, now);
    const isEarly = ({ purgeAt = 0, deletedAt = 0 }: ServerRecord): boolean =>
      purgeAt > now - jumps.aheadSince(deletedAt);
    const early = servers.filter(isEarly).map(({ name }) => name);
    if (early.length > 0) {
      const fields = { servers: early.slice(0, 20).join(', ') };
      log.warn(fields, 'the time of deleted servers is up by a clock that was set ahead; nothing of them is purged');
    }
    return servers.filter((server) => !isEarly(server));
  };

  const look = async (): Promise<void> => {
    const due = Map.groupBy(await dueHere(), ({ hostId }) => hostId);
    const free = [...due].filter(([hostId]) => !busyHosts.has(hostId));
    await Promise.all(free.map(([hostId, servers]) => purgeOnHost(hostId, servers)));
  };
  const lookNow = (): void => {
    look().catch((error: unknown) => {
      log.error({ error: error instanceof Error ? error : undefined }, 'which servers are to be purged is not known');
    });
  };

  lookNow();
  const stopLooking = clock.every(everyMs, lookNow);
  const stopListening = hub.onPresence((_, isOnline) => {
    if (isOnline) lookNow();
  });
  return () => {
    stopLooking();
    stopListening();
    ended.abort();
  };
}
