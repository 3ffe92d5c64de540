import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import { ZedopsError } from '../../protocol/errors.ts';
import { maxFrameBytes } from '../../protocol/frame.ts';
import type { Wire } from '../../protocol/wire.ts';
import { rejectionError } from '../hosts/rejection.ts';
import { localIdentity } from '../people/identity.ts';
import { type Admission, liveKeys, missingToken, unknownToken } from './admission.ts';
import { errorAnswer, refuse, refuseTokenInAddress, requestId } from './answer.ts';
import type { Connection, Connections } from './connections.ts';
import type { DoorOptions } from './door-options.ts';
import type { DoorLimits } from './limits.ts';
import type { LiveKey } from './live.ts';

/** Answers a request to become a WebSocket. `from` is the address it came from, or `socket`. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer, from: string) => void;

/** What {@link createUpgrade} needs. */
export interface UpgradeDeps
  extends Pick<DoorOptions, 'onClient' | 'onAgent' | 'identify' | 'enrolment' | 'live' | 'log'> {
  readonly admission: Admission;
  readonly connections: Connections;
  readonly limits: DoorLimits;
}

/** Someone who may come in. */
interface Visitor {
  readonly keys: readonly LiveKey[];
  /** What they are counted as, and how often they may be here. */
  readonly name: string;
  readonly most: number;
  readonly expiresAt: number | undefined;
  readonly welcome: (wire: Wire) => void;
}

/** Someone who may not, and for what reason asking again is no use. */
interface Refused {
  readonly refused: ZedopsError;
  readonly reason: string;
}

/** Of the WebSocket protocol: a bug on this side. */
const internalError = 1011;

/**
 * Makes the door of connections that stay: `/agent` for hosts, known by their certificate alone, and `/client` for
 * people, known by their token alone. Both are known before the upgrade is accepted.
 */
export function createUpgrade(deps: UpgradeDeps): Upgrade {
  const { onClient, onAgent, identify, enrolment, live, log, admission, connections, limits } = deps;
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
  });
  webSockets.on('wsClientError', (error, socket, request) => {
    const fault = new ZedopsError('INVALID_INPUT', `This is no WebSocket handshake: ${error.message}`);
    refuse(socket, errorAnswer(fault, requestId(request)));
  });

  const agent = async (request: IncomingMessage, from: string): Promise<Visitor | Refused> => {
    const { socket } = request;
    if (!(socket instanceof TLSSocket)) throw new TypeError('Hosts come in over TLS alone');
    // A resumed session carries the certificate on, but nobody has shown again that they hold its key.
    if (socket.isSessionReused()) throw resumed();
    const certificate = socket.getPeerX509Certificate();
    const known = await enrolment.authenticate(certificate);
    if ('rejected' in known) return { refused: rejectionError(known.rejected), reason: known.rejected };
    const name = `host:${known.host.id}` as const;
    return {
      keys: [name],
      name,
      most: limits.wiresPerHost,
      expiresAt: known.expiresAt,
      welcome: (wire) => onAgent(wire, known, from),
    };
  };

  const client = async (request: IncomingMessage, from: string): Promise<Visitor | Refused> => {
    const { authorization } = request.headers;
    const identity = from === 'socket' ? localIdentity : await identify(authorization);
    if (!identity) {
      const refused = authorization === undefined ? missingToken() : unknownToken();
      return { refused, reason: 'unknown' };
    }
    return {
      keys: liveKeys(identity),
      name: identity.personId ?? 'local',
      most: limits.wiresPerIdentity,
      expiresAt: identity.expiresAt,
      welcome: (wire) => onClient(wire, { identity, from }),
    };
  };

  const visitor = (request: IncomingMessage, from: string): Promise<Visitor | Refused> => {
    refuseTokenInAddress(request.url);
    const path = request.url?.split('?')[0];
    if (path === '/agent' && from !== 'socket') return agent(request, from);
    if (path === '/client') return client(request, from);
    throw new ZedopsError('NOT_FOUND', `There is no WebSocket at ${path?.slice(0, 100)}`, {
      hint: 'people connect to /client, hosts to /agent over TLS',
    });
  };

  const admit = async (request: IncomingMessage, socket: Duplex, head: Buffer, from: string, id: string) => {
    // From here on a revocation is noticed, also one between the look into the store and the open connection.
    const entering = live.approach();
    try {
      const known = await visitor(request, from);
      if (socket.destroyed) return;
      if ('refused' in known) {
        refuse(socket, errorAnswer(known.refused, id, known.reason));
        return;
      }
      const { keys, name, most, expiresAt, welcome } = known;
      const counted = admission.counted(name, most, from);
      let connection: Connection | undefined;
      const leave = entering.enter({ keys, counted, expiresAt, end: (why, reason) => connection?.cut(why, reason) });
      if (!leave) {
        refuse(socket, errorAnswer(rejectionWhileEntering(), id, 'revoked'));
        return;
      }
      socket.once('close', leave);
      // Accepts, or refuses a bad handshake, before it returns.
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        connection = connections.open(webSocket, socket);
        admission.settle(request.socket);
        try {
          welcome(connection.wire);
        } catch (error) {
          log.error({ id, from, error: asError(error) }, 'a connection could not be served');
          connection.wire.close(internalError, `ZedOps failed; the log has the cause under ${id}`);
        }
      });
    } finally {
      entering.leave();
    }
  };

  return (request, socket, head, from) => {
    socket.on('error', () => socket.destroy());
    const id = requestId(request);
    const run = async (): Promise<void> => {
      const done = admission.beginRequest(from);
      try {
        await admit(request, socket, head, from, id);
      } finally {
        done();
      }
    };
    run().catch((error) => {
      if (!(error instanceof ZedopsError))
        log.error({ id, from, error: asError(error) }, 'a connection could not be let in');
      refuse(socket, errorAnswer(error, id));
    });
  };
}

function resumed(): ZedopsError {
  return new ZedopsError('UNREACHABLE', 'A host shows its key each time it connects', {
    hint: 'connect without resuming an earlier TLS session',
  });
}

function rejectionWhileEntering(): ZedopsError {
  return new ZedopsError('FORBIDDEN', 'Access was taken away while you came in');
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
