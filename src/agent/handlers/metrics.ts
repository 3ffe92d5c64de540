import { agentMetrics, hostMetrics, serverMetrics } from '../../protocol/operations/metrics.ts';
import { handleOnAgent, serverOf } from '../context.ts';
import type { Sampler } from '../metrics/sampler.ts';

/** Handlers of what is asked about the load of this host and its servers. */
export function metricsHandlers(sampler: Sampler) {
  return [
    handleOnAgent(serverMetrics, async (_, context) => {
      const { id } = serverOf(context);
      const { servers } = await sampler.fresh();
      const found = servers.find((server) => server.id === id);
      const trend = [...sampler.serverTrend(id)];
      if (!found) return { trend };
      const { id: _id, ...now } = found;
      return { now, trend };
    }),
    handleOnAgent(hostMetrics, async () => {
      const { host } = await sampler.fresh();
      return { now: host, trend: [...sampler.hostTrend()] };
    }),
    handleOnAgent(agentMetrics, async ({ follow }, { progress, signal, lag }) => {
      progress(await sampler.fresh());
      if (!follow || signal.aborted) return {};
      // Whoever does not keep up is left out: the next reading says it all anew.
      const unfollow = sampler.follow((reading) => {
        if (lag() === undefined) progress(reading);
      });
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      unfollow();
      return {};
    }),
  ];
}
