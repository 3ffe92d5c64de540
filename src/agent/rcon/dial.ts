import { createConnection, type Socket } from 'node:net';
import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';

const connectTimeoutMs = 5_000;

/** Where to connect to. */
export interface RconAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Opens a connection to a remote console; nothing is said on it yet.
 * @throws ZedopsError UNREACHABLE when nothing listens or answers within `timeoutMs` (5 s), CANCELLED when the signal aborts.
 */
export function dialRcon(
  { host, port }: RconAddress,
  clock: Clock,
  signal?: AbortSignal,
  { timeoutMs = connectTimeoutMs }: { readonly timeoutMs?: number } = {},
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, noDelay: true });
    const end = (): void => {
      takeBack();
      signal?.removeEventListener('abort', abort);
      socket.removeAllListeners();
    };
    const giveUp = (error: ZedopsError): void => {
      end();
      // An error may still come while the socket closes; there is no one left to tell.
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    const abort = (): void => giveUp(new ZedopsError('CANCELLED', 'The RCON connection was given up'));
    const takeBack = clock.after(timeoutMs, () => {
      giveUp(new ZedopsError('UNREACHABLE', `RCON at ${host}:${port} does not answer`));
    });
    signal?.addEventListener('abort', abort, { once: true });
    socket.once('error', (cause) => {
      giveUp(new ZedopsError('UNREACHABLE', `RCON at ${host}:${port} cannot be reached: ${cause.message}`, { cause }));
    });
    socket.once('connect', () => {
      end();
      resolve(socket);
    });
    if (signal?.aborted) abort();
  });
}
