import { createServer, type Server, type Socket } from 'node:net';
import { type Clock, pause } from '../platform/clock.ts';
import { createPacketReader, encodePacket, packetTypes, type RconPacket } from '../zomboid/rcon/rcon-packet.ts';
import type { Dialect } from './dialect.ts';
import type { GameConsole } from './game-console.ts';
import type { RconQuirk } from './scenario-settings.ts';

/** What {@link startRconServer} needs. */
export interface RconServerOptions {
  readonly port: number;
  readonly password: string;
  readonly dialect: Dialect;
  readonly console: GameConsole;
  readonly clock: Clock;
  readonly quirks: ReadonlySet<RconQuirk>;
  /** Does a command when the game comes to it, and resolves with the answer. */
  readonly execute: (line: string) => Promise<string>;
  /** A command as it may be printed. */
  readonly shown: (line: string) => string;
}

const mostConnections = 5;
const largestPacketBytes = 64 * 1024;
/** Bytes of text in a packet of builds from 42.20 on. */
const packetBodyBytes = 4_086;
const splitBodyBytes = 64;
const slowMs = 1_500;
/** With `drop`, one command in so many loses its connection. */
const dropEvery = 3;

/**
 * Opens the game's remote console, on all addresses unless its quirks say otherwise. @returns what closes it; undefined when the port is taken, which
 * the game says, and plays on without.
 */
export async function startRconServer(options: RconServerOptions): Promise<(() => Promise<void>) | undefined> {
  const { port, console, quirks } = options;
  const connections = new Set<Socket>();
  const commandCount = { value: 0 };
  const server = createServer({ noDelay: true }, (socket) => {
    if (connections.size >= mostConnections) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    console.log('General', `RCON: new connection ${nameOf(socket)}`);
    // A connection that breaks has nobody to tell.
    serve(socket, options, commandCount).catch(() => socket.destroy());
  });
  if (!(await listens(server, port, quirks.has('loopback') ? '127.0.0.1' : '0.0.0.0'))) {
    console.log('General', `RCON: error creating socket on port ${port}`);
    return undefined;
  }
  console.log('Network', `RCON: listening on port ${port}`);
  return () =>
    new Promise((resolve) => {
      // It is closed when its last connection is.
      server.close(() => resolve());
      for (const socket of connections) socket.destroy();
    });
}

function listens(server: Server, port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, host, () => resolve(true));
  });
}

/** Answers one connection: packet by packet, since the game does one thing at a time. */
async function serve(socket: Socket, options: RconServerOptions, commandCount: { value: number }): Promise<void> {
  const { dialect, console, password, quirks, shown } = options;
  const reader = createPacketReader({ maxBytes: largestPacketBytes });
  const send = createSender(socket, quirks.has('split'));
  let signedIn = false;

  const refuse = async (): Promise<false> => {
    await send(-1, packetTypes.authReply);
    return false;
  };
  const signIn = async ({ id, body }: RconPacket): Promise<boolean> => {
    signedIn = body.toString('utf8') === password;
    if (signedIn && quirks.has('wrong-order')) {
      await send(id, packetTypes.authReply);
      await send(id, packetTypes.response);
      return true;
    }
    await send(id, packetTypes.response);
    if (signedIn) await send(id, packetTypes.authReply);
    else console.log('General', "RCON: password doesn't match");
    return signedIn || refuse();
  };
  const execute = async ({ id, body }: RconPacket): Promise<boolean> => {
    const answer = await options.execute(body.toString('utf8'));
    commandCount.value += 1;
    if (quirks.has('drop') && commandCount.value % dropEvery === 0) return false;
    if (quirks.has('slow')) await pause(options.clock, slowMs);
    for (const part of bodiesOf(quirks.has('empty') ? '' : answer, options)) await send(id, packetTypes.response, part);
    return true;
  };
  /** @returns false when the connection is over. */
  const take = async (packet: RconPacket): Promise<boolean> => {
    if (dialect.build === 41) {
      const body = packet.type === packetTypes.auth ? '***' : shown(packet.body.toString('utf8'));
      if (body !== 'players') {
        console.log('General', `RCON: ID=${packet.id} Type=${packet.type} Body='${body}' ${nameOf(socket)}`);
      }
    }
    if (packet.type === packetTypes.auth) return signIn(packet);
    if (packet.type !== packetTypes.exec && packet.type !== packetTypes.response) {
      console.log('General', `RCON: unknown packet Type=${packet.type}`);
      return true;
    }
    if (!signedIn) return refuse();
    if (packet.type === packetTypes.exec) return execute(packet);
    await send(packet.id, packetTypes.response);
    await send(packet.id, packetTypes.response);
    return true;
  };

  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    const { packets, fault } = reader.push(piece);
    for (const packet of packets) {
      if (await take(packet)) continue;
      socket.end();
      // What still comes is thrown away: closing with it unread would take the last answer from the other side.
      socket.resume();
      return;
    }
    if (fault) {
      socket.destroy();
      return;
    }
  }
}

/** The text of an answer, as many packets as the build makes of it. */
function bodiesOf(answer: string, { dialect, quirks, console }: RconServerOptions): readonly Buffer[] {
  if (dialect.build === 41) {
    if (Buffer.byteLength(answer) === answer.length) return [Buffer.from(answer)];
    // The game counts characters and writes bytes, so that its buffer overflows and nobody gets an answer.
    console.log('General', 'java.nio.BufferOverflowException', 'ERROR');
    return [];
  }
  const bytes = Buffer.from(answer);
  const size = quirks.has('split') ? splitBodyBytes : quirks.has('oversized') ? bytes.length : packetBodyBytes;
  const bodies: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) bodies.push(bytes.subarray(at, at + size));
  return bodies;
}

type Send = (id: number, type: number, body?: Buffer | string) => Promise<void>;

function createSender(socket: Socket, inPieces: boolean): Send {
  return async (id, type, body = '') => {
    const packet = encodePacket({ id, type, body });
    if (!inPieces) {
      socket.write(packet);
      return;
    }
    // The first piece ends within the size.
    socket.write(packet.subarray(0, 3));
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(packet.subarray(3));
  };
}

function nameOf({ remoteAddress, remotePort, localPort }: Socket): string {
  return `Socket[addr=/${remoteAddress},port=${remotePort},localport=${localPort}]`;
}
