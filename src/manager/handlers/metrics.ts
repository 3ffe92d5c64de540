import { ZedopsError } from '../../protocol/errors.ts';
import { fleetMetrics } from '../../protocol/operations/metrics.ts';
import { handleOnManager } from '../gateway/context.ts';
import type { MetricsBoard } from '../metrics/metrics-board.ts';

const mostBuffered = 1024 * 1024;

/** Handler of what the fleet takes. One who reads slowly is told less often, and then how it is by that time. */
export function metricsHandlers(board: MetricsBoard) {
  return [
    handleOnManager(fleetMetrics, async ({ follow }, { identity, signal, reader, hearsProgress, progress }) => {
      if (!follow) return board.now(identity, signal);
      if (!hearsProgress) {
        throw new ZedopsError('UNSUPPORTED', 'Metrics cannot be followed over HTTP', {
          hint: 'connect to /client instead, or ask without follow',
        });
      }
      const view = board.open(identity, signal);
      while (!signal.aborted) {
        for (const news of await view.next()) progress(news);
        if (reader && reader.buffered() > mostBuffered) await reader.drained();
      }
      return { hosts: [], servers: [] };
    }),
  ];
}
