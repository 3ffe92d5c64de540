import { ZedopsError } from '../../protocol/errors.ts';
import { fleetWatch } from '../../protocol/operations/fleet.ts';
import type { FleetBoard } from '../fleet/fleet-board.ts';
import { handleOnManager } from '../gateway/context.ts';

const mostBuffered = 1024 * 1024;

/** Handler of the live view. One who reads slowly is told less often, and misses nothing but what lay in between. */
export function fleetHandlers(board: FleetBoard) {
  return [
    handleOnManager(fleetWatch, async (_, { identity, signal, reader, hearsProgress, progress }) => {
      if (!hearsProgress) {
        throw new ZedopsError('UNSUPPORTED', 'The fleet cannot be watched over HTTP', {
          hint: 'connect to /client instead',
        });
      }
      const view = board.open(identity, signal);
      while (!signal.aborted) {
        for (const news of await view.next()) progress(news);
        if (reader && reader.buffered() > mostBuffered) await reader.drained();
      }
      return {};
    }),
  ];
}
