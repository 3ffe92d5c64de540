import { type Clock, pause } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { HostFacts } from '../../protocol/entities/host.ts';
import type { DesiredServer, ObservedServer } from '../../protocol/entities/server.ts';
import { agentWatch } from '../../protocol/operations/agent.ts';
import type { Db } from '../store/database.ts';
import { desiredOnHost } from '../store/server-env.ts';
import type { Sealing } from '../trust/sealing.ts';
import type { HostNotes } from './host-notes.ts';
import type { HostLink } from './hub.ts';
import type { Mirror } from './mirror.ts';

/** Tells hosts what their servers should be, and mirrors what they are. */
export interface HostWatch {
  /** Begins with a host that is online; ends with the signal. */
  begin(link: HostLink, signal: AbortSignal): void;
  /** Tells a host anew what its servers should be, where that changed without an operation it was sent. */
  tellAgain(hostId: string): void;
}

/** What {@link createHostWatch} is made of. */
export interface HostWatchDeps {
  readonly db: Db;
  readonly sealing: Sealing;
  readonly mirror: Mirror;
  readonly notes: Pick<HostNotes, 'facts'>;
  /** Told whatever a host says of a server that is not its own. */
  readonly onStray: (link: HostLink, server: ObservedServer) => void;
  readonly clock: Clock;
  readonly log: Log;
}

const retryMs = 5_000;
const longestFacts = 64 * 1024;
const mostServers = 1000;
/** Characters of JSON; a frame has room for 4 MiB, and a character may be four bytes. */
const mostDesired = 1024 * 1024;

/** Makes the watch over hosts. */
export function createHostWatch({ db, sealing, mirror, notes, onStray, clock, log }: HostWatchDeps): HostWatch {
  const rounds = new Map<string, AbortController>();

  const keepFacts = (link: HostLink, facts: HostFacts): void => {
    if (JSON.stringify(facts).length > longestFacts) return;
    notes.facts(link.hostId, facts, clock.now());
  };

  const watch = async (link: HostLink, signal: AbortSignal): Promise<void> => {
    const desired = fitting(await desiredOnHost(db, sealing, link.hostId), mirror);
    for (const { id } of desired) mirror.own(id, link.hostId);
    await link.request(
      agentWatch,
      { desired },
      {
        signal,
        onProgress(news) {
          if (news.kind !== 'facts') {
            if (news.kind === 'snapshot') {
              mirror.snapshot(link.hostId, news.servers);
            } else mirror.update(link.hostId, news.server);
            for (const server of news.kind === 'snapshot' ? news.servers : [news.server]) {
              if (!mirror.isOwn(server.id, link.hostId)) onStray(link, server);
            }
          }
          if (news.kind !== 'server') keepFacts(link, news.facts);
        },
      },
    );
  };

  const run = async (link: HostLink, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const round = new AbortController();
      rounds.set(link.hostId, round);
      try {
        await watch(link, AbortSignal.any([signal, round.signal]));
      } catch (error) {
        if (!signal.aborted && !round.signal.aborted) {
          log.warn({ host: link.hostName, error: asError(error) }, 'mirroring a host broke off; trying again');
        }
      } finally {
        if (rounds.get(link.hostId) === round) rounds.delete(link.hostId);
      }
      if (!round.signal.aborted) await pause(clock, retryMs, signal);
    }
  };

  return {
    begin(link, signal) {
      run(link, signal).catch((error: unknown) => {
        log.error({ host: link.hostName, error: asError(error) }, 'mirroring a host ended');
      });
    },
    tellAgain: (hostId) => rounds.get(hostId)?.abort(),
  };
}

/** What fits into one frame: first what the host has not heard of yet, because of the rest it has a copy. */
function fitting(desired: readonly DesiredServer[], mirror: Mirror): DesiredServer[] {
  const isNews = ({ id, revision }: DesiredServer): boolean => (mirror.find(id)?.observed.revision ?? 0) < revision;
  const sorted = [...desired.filter(isNews), ...desired.filter((server) => !isNews(server))];
  let room = mostDesired;
  return sorted.slice(0, mostServers).filter((server) => {
    room -= JSON.stringify(server).length;
    return room >= 0;
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
