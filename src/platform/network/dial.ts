import type { IncomingMessage } from 'node:http';
import WebSocket from 'ws';
import { fromWireError, ZedopsError } from '../../protocol/errors.ts';
import { maxFrameBytes } from '../../protocol/frame.ts';
import type { Wire } from '../../protocol/wire.ts';
import type { Clock } from '../clock.ts';
import { connectionError, type ManagerAddress, managerServerName, managerUrl } from './pinned-https.ts';
import { createWebSocketWire } from './web-socket-wire.ts';

/** Header with which a manager rejects an identity for good, as opposed to an error that may pass. */
export const rejectionHeader = 'zedops-rejected';

/** Which door of a manager to knock at, and as whom. */
export interface DialOptions {
  readonly path: '/agent' | '/client';
  readonly route:
    | {
        readonly address: ManagerAddress;
        readonly authority: string;
        /** A person's session or API token. */
        readonly token?: string | undefined;
        /** An agent's own certificate and key, in PEM. */
        readonly identity?: { readonly certificate: string; readonly key: string } | undefined;
      }
    | { readonly socketPath: string };
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** How a dial ended: with a wire, or with the manager's word that this identity is not wanted. */
export type DialOutcome = { readonly wire: Wire } | { readonly rejected: ZedopsError };

const handshakeTimeout = 30_000;

/**
 * Connects to a manager. The authority is pinned, so an answer is the manager's own.
 * @throws ZedopsError UNREACHABLE, or what the manager answered (UNAUTHENTICATED and so on).
 */
export function dial({ path, route, clock, signal }: DialOptions): Promise<DialOutcome> {
  const where = 'socketPath' in route ? route.socketPath : managerUrl(route.address);
  return new Promise((resolve, reject) => {
    const socket = 'socketPath' in route ? openOnSocket(route.socketPath, path) : openTls(route, path);
    const giveUp = (): void => {
      socket.terminate();
      reject(new ZedopsError('CANCELLED', `The connection to ${where} was given up`));
    };
    if (signal?.aborted) {
      giveUp();
      return;
    }
    signal?.addEventListener('abort', giveUp, { once: true });
    socket.on('error', (error) => {
      signal?.removeEventListener('abort', giveUp);
      reject(connectionError(where, error));
    });
    socket.on('unexpected-response', (_request, response) => {
      signal?.removeEventListener('abort', giveUp);
      readRefusal(response).then((error) => {
        socket.terminate();
        if (response.headers[rejectionHeader] === undefined) reject(error);
        else resolve({ rejected: error });
      }, reject);
    });
    socket.on('open', () => {
      signal?.removeEventListener('abort', giveUp);
      resolve({ wire: createWebSocketWire(socket, { clock }) });
    });
  });
}

const common = { handshakeTimeout, perMessageDeflate: false, maxPayload: maxFrameBytes } as const;

function openOnSocket(socketPath: string, path: string): WebSocket {
  return new WebSocket(`ws+unix:${socketPath}:${path}`, common);
}

function openTls(route: Extract<DialOptions['route'], { address: unknown }>, path: string): WebSocket {
  const options = {
    ...common,
    ca: route.authority,
    servername: managerServerName,
    minVersion: 'TLSv1.3',
    ...(route.identity ? { cert: route.identity.certificate, key: route.identity.key } : {}),
    ...(route.token === undefined ? {} : { headers: { authorization: `Bearer ${route.token}` } }),
  } as const;
  return new WebSocket(`${managerUrl(route.address).replace('https:', 'wss:')}${path}`, options);
}

const largestRefusal = 64 * 1024;

async function readRefusal(response: IncomingMessage): Promise<ZedopsError> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > largestRefusal) break;
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return fromWireError(typeof body === 'object' && body !== null ? Reflect.get(body, 'error') : undefined);
  } catch {
    const status = response.statusCode ?? 0;
    return new ZedopsError('UNREACHABLE', `Something that is not a ZedOps manager answered, with status ${status}`);
  }
}
