import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import { systemErrorCode } from '../../platform/files/atomic-file.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { newId } from '../../protocol/id.ts';
import type { ServerCertificate } from '../trust/authority.ts';
import { plainAddress } from './address.ts';
import type { Admission } from './admission.ts';
import { errorAnswer, refuse } from './answer.ts';
import type { DoorOptions, ListenAddress } from './door-options.ts';
import type { Http } from './http.ts';
import type { DoorLimits } from './limits.ts';
import type { Upgrade } from './upgrade.ts';

/** What a {@link Listener} is made of. */
export interface ListenerDeps extends Pick<DoorOptions, 'authority' | 'certificate' | 'log'> {
  readonly http: Http;
  readonly upgrade: Upgrade;
  readonly admission: Admission;
  readonly limits: DoorLimits;
}

/** A server with what is needed to end it. */
export interface Listener {
  readonly server: Server;
  /** Takes nobody in any more; resolves when everyone is gone. */
  close(): Promise<void>;
  /** Ends every connection, whatever it does. */
  destroy(): void;
}

/** Makes the server for everyone: TLS 1.3 alone. It asks for a client certificate and leaves it to the upgrade what that is worth. */
export function createTlsListener(deps: ListenerDeps): Listener {
  const { authority, certificate, limits, admission, log } = deps;
  const context = ({ certificate: cert, key }: ServerCertificate): SecureContextOptions => ({
    cert,
    key,
    // With it, no list of public authorities is loaded, and clients know which certificate is asked for.
    ca: authority.certificate,
    minVersion: 'TLSv1.3',
  });
  const server = createHttpsServer({
    ...context(certificate.current()),
    ...httpOptions(limits),
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: limits.handshakeMs,
  });
  server.once('listening', () => {
    server.once(
      'close',
      certificate.onRenewed((renewed) => server.setSecureContext(context(renewed))),
    );
  });
  server.on('connection', (socket: Socket) => {
    if (admission.arrive(socket)) return;
    log.debug({ from: plainAddress(socket.remoteAddress) }, 'an address has too many connections');
    socket.destroy();
  });
  return serve(server, deps, ({ socket }) => plainAddress(socket.remoteAddress));
}

/** Makes the server for the owner of the manager's folder. */
export function createSocketListener(deps: ListenerDeps): Listener {
  return serve(createHttpServer(httpOptions(deps.limits)), deps, () => 'socket');
}

/** Begins to listen, and says where. @throws ZedopsError CONFLICT, FORBIDDEN or INVALID_INPUT */
export function listenAt(server: Server, { host, port }: ListenAddress): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(listenError(cause, `${host ?? ''}:${port}`));
    server.once('error', fail);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', fail);
      const bound = server.address();
      if (bound === null || typeof bound === 'string') resolve([]);
      else resolve([`${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`]);
    });
  });
}

function httpOptions(limits: DoorLimits) {
  return {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
    requireHostHeader: false,
  };
}

function serve(
  server: Server,
  { http, upgrade, limits, log }: ListenerDeps,
  fromOf: (request: IncomingMessage) => string,
): Listener {
  const sockets = new Set<Socket>();
  const answering = new Map<Duplex, ServerResponse>();
  const listener = http(fromOf);
  server.maxConnections = limits.connections;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (incoming, outgoing) => {
    const { socket } = incoming;
    answering.set(socket, outgoing);
    outgoing.once('close', () => answering.delete(socket));
    listener(incoming, outgoing);
  });
  server.on('upgrade', (request, socket, head) => upgrade(request, socket, head, fromOf(request)));
  server.on('clientError', (error, socket) => {
    const fault = badRequest(error);
    // Whoever is in the middle of an answer would take this one for a part of it.
    if (fault && socket.writable && !answering.has(socket)) refuse(socket, errorAnswer(fault, newId()));
    else socket.destroy();
  });
  server.on('listening', () => {
    server.on('error', (error) => log.error({ error }, 'the listener has a problem'));
  });
  return {
    server,
    close() {
      for (const outgoing of answering.values()) outgoing.shouldKeepAlive = false;
      return new Promise((resolve) => {
        if (server.listening) server.close(() => resolve());
        else resolve();
      });
    },
    destroy() {
      for (const socket of [...sockets]) socket.destroy();
    },
  };
}

/** What can be answered of what Node found wrong; undefined where the other end speaks no HTTP, or nothing at all. */
function badRequest(error: Error): ZedopsError | undefined {
  const code = systemErrorCode(error) ?? '';
  if (code === 'HPE_HEADER_OVERFLOW') return new ZedopsError('INVALID_INPUT', 'The headers are too long');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new ZedopsError('TIMEOUT', 'The request did not come whole in time');
  if (code.startsWith('HPE_')) return new ZedopsError('INVALID_INPUT', 'This is not HTTP as a manager speaks it');
  return undefined;
}

function listenError(cause: Error, where: string): Error {
  switch (systemErrorCode(cause)) {
    case 'EADDRINUSE':
      return new ZedopsError('CONFLICT', `Another program listens on ${where} already`, {
        hint: 'stop it, or set manager.listen to another port',
        cause,
      });
    case 'EACCES':
      return new ZedopsError('FORBIDDEN', `This account may not listen on ${where}`, {
        hint: 'set manager.listen to a port from 1024 on',
        cause,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ZedopsError('INVALID_INPUT', `${where} is no address of this machine`, {
        hint: 'set manager.listen to one it has, or to :8443 for all',
        cause,
      });
    default:
      return cause;
  }
}
