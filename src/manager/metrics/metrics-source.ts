import { type Clock, pause } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { createSlots } from '../../platform/slots.ts';
import type { HostReading } from '../../protocol/entities/metrics.ts';
import { agentMetrics } from '../../protocol/operations/metrics.ts';
import type { HostLink, Hub } from '../hosts/hub.ts';

/** What hosts measure. They are asked for it only while someone wants to know. */
export interface MetricsSource {
  /** Follows every host until the returned function is called. A host that is gone is told of with no reading. */
  follow(take: (hostId: string, reading: HostReading | undefined) => void): () => void;
  /** Asks every host that is there once, by host id. One that does not answer in three seconds is left out. */
  ask(signal: AbortSignal): Promise<ReadonlyMap<string, HostReading>>;
}

/** What {@link createMetricsSource} is made of. */
export interface MetricsSourceDeps {
  readonly hub: Pick<Hub, 'find' | 'links' | 'onPresence'>;
  readonly clock: Clock;
  readonly log: Log;
}

const askedAtOnce = 32;
const answerMs = 3_000;
const retryMs = 10_000;

/** Makes the source over the connections of the hosts. An older agent that knows nothing of it is not asked. */
export function createMetricsSource({ hub, clock, log }: MetricsSourceDeps): MetricsSource {
  const followHost = async (
    link: HostLink,
    take: (reading: HostReading) => void,
    signal: AbortSignal,
  ): Promise<void> => {
    while (!signal.aborted) {
      try {
        await link.request(agentMetrics, { follow: true }, { signal, onProgress: take });
      } catch (error) {
        if (!signal.aborted) log.debug({ host: link.hostName, error: asError(error) }, 'a host is not measured');
      }
      await pause(clock, retryMs, signal);
    }
  };

  const askHost = async (link: HostLink, signal: AbortSignal): Promise<HostReading | undefined> => {
    const late = new AbortController();
    const takeBack = clock.after(answerMs, () => late.abort());
    let reading: HostReading | undefined;
    try {
      await link.request(
        agentMetrics,
        { follow: false },
        {
          signal: AbortSignal.any([signal, late.signal]),
          onProgress(told) {
            reading = told;
          },
        },
      );
    } catch (error) {
      log.debug({ host: link.hostName, error: asError(error) }, 'a host did not tell its metrics');
    } finally {
      takeBack();
    }
    return reading;
  };

  return {
    follow(take) {
      const following = new Map<string, AbortController>();
      const begin = (link: HostLink): void => {
        following.get(link.hostId)?.abort();
        if (!link.knows(agentMetrics.subject)) return;
        const ending = new AbortController();
        following.set(link.hostId, ending);
        const { signal } = ending;
        void followHost(link, (reading) => !signal.aborted && take(link.hostId, reading), signal);
      };
      for (const link of hub.links()) begin(link);
      const stop = hub.onPresence((hostId) => {
        const link = hub.find(hostId);
        if (link) begin(link);
        else {
          following.get(hostId)?.abort();
          following.delete(hostId);
          take(hostId, undefined);
        }
      });
      return () => {
        stop();
        for (const ending of following.values()) ending.abort();
      };
    },
    async ask(signal) {
      const slots = createSlots(askedAtOnce);
      const asked = hub.links().filter((link) => link.knows(agentMetrics.subject));
      const readings = await Promise.all(
        asked.map(async (link) => {
          const giveBack = await slots.take(signal);
          try {
            return { hostId: link.hostId, reading: await askHost(link, signal) };
          } finally {
            giveBack();
          }
        }),
      );
      return new Map(
        readings.flatMap(({ hostId, reading }) => (reading === undefined ? [] : [[hostId, reading] as const])),
      );
    },
  };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
