import { createServer, type Socket } from 'node:net';
import { systemClock } from '../../platform/clock.ts';
import { createPacketReader, encodePacket, packetTypes } from '../../zomboid/rcon/rcon-packet.ts';
import { dialRcon } from './dial.ts';
import { createRconSession, type RconSession } from './session.ts';

/** How the server of a bed behaves. */
export interface RconBedOptions {
  /** What a command is answered with, one packet for each; nothing at all where it is undefined. */
  readonly answer?: (line: string) => readonly string[] | undefined;
  /** What a probe is answered with: how many empty packets, or `hang up`. The game sends two. */
  readonly echoes?: number | 'hang up';
  readonly mostConnections?: number;
  /** Takes a packet before anything else does; returns true where nothing more is to be done with it. */
  readonly onPacket?: (packet: { readonly id: number; readonly type: number }, socket: Socket) => boolean;
}

/** A remote console on a real port, and a session with it. */
export interface RconBed {
  readonly port: number;
  readonly session: RconSession;
  /** Commands as they came. */
  readonly told: readonly string[];
  readonly connections: () => number;
  /** Connections that were ever made. */
  readonly everConnected: () => number;
  /** Closes every connection there is. */
  hangUp(): void;
  /** Listens no more, or again. */
  listens(isListening: boolean): Promise<void>;
  close(): Promise<void>;
}

/** The password of every bed. */
export const bedPassword = 'a-password-of-rcon';

/** Makes the bed. */
export async function createRconBed(options: RconBedOptions = {}, password = bedPassword): Promise<RconBed> {
  const { answer = (line) => [line], echoes = 2, mostConnections = 5, onPacket } = options;
  const sockets = new Set<Socket>();
  const told: string[] = [];
  let everConnected = 0;
  const serve = (socket: Socket): void => {
    everConnected += 1;
    socket.on('error', () => socket.destroy());
    if (sockets.size >= mostConnections) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const reader = createPacketReader({ maxBytes: 65_536 });
    const send = (id: number, type: number, body = ''): void => void socket.write(encodePacket({ id, type, body }));
    socket.on('data', (piece: Buffer) => {
      for (const packet of reader.push(piece).packets) {
        const { id, type, body } = packet;
        if (onPacket?.(packet, socket)) continue;
        if (type === packetTypes.auth) {
          const isRight = body.toString() === bedPassword;
          send(id, packetTypes.response);
          send(isRight ? id : -1, packetTypes.authReply);
          if (!isRight) socket.end();
        } else if (type === packetTypes.response) {
          if (echoes === 'hang up') socket.destroy();
          else for (let sent = 0; sent < echoes; sent += 1) send(id, packetTypes.response);
        } else {
          told.push(body.toString());
          for (const part of answer(body.toString()) ?? []) send(id, packetTypes.response, part);
        }
      }
    });
  };
  let server = createServer({ noDelay: true }, serve);
  const listen = (wanted: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(wanted, '127.0.0.1', () => {
        const address = server.address();
        if (address === null || typeof address === 'string') reject(new Error('no port was given'));
        else resolve(address.port);
      });
    });
  const port = await listen(0);
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const unlisten = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      hangUp();
    });
  return {
    port,
    told,
    hangUp,
    session: createRconSession({
      name: 'alpha',
      password,
      dial: (signal) => dialRcon({ host: '127.0.0.1', port }, systemClock, signal),
      clock: systemClock,
      onIdle: () => undefined,
    }),
    connections: () => sockets.size,
    everConnected: () => everConnected,
    async listens(isListening) {
      if (!isListening) return unlisten();
      server = createServer({ noDelay: true }, serve);
      await listen(port);
    },
    close: unlisten,
  };
}
