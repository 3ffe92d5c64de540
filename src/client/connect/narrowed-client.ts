import { ZedopsError } from '../../protocol/errors.ts';
import type { OperationShape } from '../../protocol/operation.ts';
import type { ManagerClient } from './manager-client.ts';

/**
 * The same manager, asked only what `may` allows; `may` says why something is not.
 * @returns a client whose calls and requests throw ZedopsError FORBIDDEN before anything is sent.
 */
export function createNarrowedClient(
  client: ManagerClient,
  may: (operation: OperationShape, data: unknown) => string | undefined,
): ManagerClient {
  const check = (operation: OperationShape, data: unknown): void => {
    const why = may(operation, data);
    if (why !== undefined) throw new ZedopsError('FORBIDDEN', `${operation.summary}: ${why}`);
  };
  return {
    name: client.name,
    isLocal: client.isLocal,
    async call(operation, data, signal) {
      check(operation, data);
      return client.call(operation, data, signal);
    },
    async open(signal) {
      const session = await client.open(signal);
      const { peer } = session;
      return {
        ...session,
        peer: {
          ...peer,
          async request(operation, data, options) {
            check(operation, data);
            return peer.request(operation, data, options);
          },
        },
      };
    },
  };
}
