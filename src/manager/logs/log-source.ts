import { type Clock, pause } from '../../platform/clock.ts';
import type { LogCursor, LogItem } from '../../protocol/entities/log.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { agentLogs } from '../../protocol/operations/agent.ts';
import type { Hub } from '../hosts/hub.ts';
import type { ServerRecord } from '../store/servers.ts';

/** Which lines of a log are read. */
export interface LogRead {
  readonly follow: boolean;
  readonly tail?: number | undefined;
  /** RFC 3339, UTC. */
  readonly since?: string | undefined;
  readonly after?: LogCursor | undefined;
}

/**
 * Where a feed has a server's log from: the seam at which, with several managers, a bus takes the place of the host's
 * connection to this one.
 */
export interface LogSource {
  /**
   * Reads, and resolves with where reading ended; a read that follows ends with the signal only.
   * @throws ZedopsError UNREACHABLE when the host is away or goes away; what the host answers otherwise.
   */
  read(request: LogRead, onItem: (item: LogItem) => void, signal: AbortSignal): Promise<LogCursor>;
  isThere(): boolean;
  /** Resolves when the host is there, or the signal aborts. */
  there(signal: AbortSignal): Promise<void>;
}

/** Waits this long before a host that is there, and refused for a reason that may pass, is asked again. */
const retryMs = 1_000;

/** Makes the source of one server's log over the connection of its host. */
export function createLogSource(
  server: Pick<ServerRecord, 'id' | 'hostId' | 'hostName'>,
  { hub, clock }: { readonly hub: Pick<Hub, 'find' | 'onPresence'>; readonly clock: Clock },
): LogSource {
  const { id: serverId, hostId, hostName } = server;
  return {
    async read({ follow, tail, since, after }, onItem, signal) {
      const link = hub.find(hostId);
      if (!link)
        throw new ZedopsError('UNREACHABLE', `${hostName} is offline`, { hint: `zedops host show ${hostName}` });
      const wanted = {
        ...(tail === undefined ? {} : { tail }),
        ...(since === undefined ? {} : { since }),
        ...(after === undefined ? {} : { after }),
      };
      try {
        const request = { serverId, follow, ...wanted };
        const { cursor } = await link.request(agentLogs, request, { signal, onProgress: onItem });
        if (cursor) return cursor;
        throw new ZedopsError('UNSUPPORTED', `The agent of ${hostName} does not number its logs`, {
          hint: 'upgrade it',
        });
      } catch (error) {
        // Who asks again wants to know by then whether the connection is gone.
        if (!signal.aborted && mayPass(error)) await Promise.race([link.closed, pause(clock, retryMs, signal)]);
        throw error;
      }
    },
    isThere: () => hub.find(hostId) !== undefined,
    there: (signal) =>
      new Promise((resolve) => {
        if (hub.find(hostId) || signal.aborted) {
          resolve();
          return;
        }
        const done = (): void => {
          stop();
          signal.removeEventListener('abort', done);
          resolve();
        };
        const stop = hub.onPresence((id, isOnline) => {
          if (id === hostId && isOnline) done();
        });
        signal.addEventListener('abort', done, { once: true });
      }),
  };
}

/** Says whether a failed read may succeed when it is tried again. */
export function mayPass(error: unknown): boolean {
  return error instanceof ZedopsError && (error.code === 'UNREACHABLE' || error.code === 'TIMEOUT');
}
