import { createConnection, type Socket } from 'node:net';
import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { bodyText, createPacketReader, encodePacket, packetTypes, type RconPacket } from '../../zomboid/rcon-packet.ts';

/** Where a game's remote console listens, and the word that opens it. */
export interface RconTarget {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

/** One open remote console. Commands run one after another, as the game does them. */
export interface RconConnection {
  /**
   * Runs a command and resolves with the whole answer, of any length and of any number of packets.
   * @throws ZedopsError TIMEOUT when the game does not answer in `timeoutMs`, UNREACHABLE when the connection breaks.
   */
  command(text: string, timeoutMs: number): Promise<string>;
  /** Sends `quit` and resolves when the game has answered or hung up: it often does the latter. */
  quit(timeoutMs: number): Promise<void>;
  close(): void;
  readonly closed: boolean;
}

const connectTimeoutMs = 5_000;
const authTimeoutMs = 5_000;
const largestPacketBytes = 4 * 1024 * 1024;
const largestAnswerBytes = 16 * 1024 * 1024;

interface Waiting {
  packet(packet: RconPacket): void;
  fail(error: ZedopsError): void;
}

/**
 * Connects and signs in. The end of each answer is found with a probe: the game echoes an empty packet after it.
 * @throws ZedopsError UNREACHABLE when nothing listens, FORBIDDEN for a wrong password, TIMEOUT.
 */
export async function connectRcon(target: RconTarget, clock: Clock, signal?: AbortSignal): Promise<RconConnection> {
  const socket = await openSocket(target, clock, signal);
  const reader = createPacketReader({ maxBytes: largestPacketBytes });
  let waiting: Waiting | undefined;
  let broken: ZedopsError | undefined;
  let nextId = 1;
  let queue: Promise<unknown> = Promise.resolve();

  const fail = (error: ZedopsError): void => {
    broken ??= error;
    socket.destroy();
    waiting?.fail(broken);
  };
  socket.on('data', (piece: Buffer) => {
    const { packets, fault } = reader.push(piece);
    for (const packet of packets) waiting?.packet(packet);
    if (fault) fail(new ZedopsError('UNREACHABLE', `RCON sent a packet that is ${fault.reason} (${fault.size} bytes)`));
  });
  socket.on('error', (error) => fail(unreachable(target, error)));
  socket.on('close', () => fail(new ZedopsError('UNREACHABLE', 'The game closed the RCON connection')));

  /** Waits for packets until `take` returns a result; a deadline that passes ends the connection, as it lost its place. */
  const exchange = <Result>(
    what: string,
    timeoutMs: number,
    begin: () => void,
    take: (packet: RconPacket) => Result | undefined,
  ): Promise<Result> =>
    new Promise((resolve, reject) => {
      if (broken) {
        reject(broken);
        return;
      }
      const takeBack = clock.after(timeoutMs, () => {
        fail(new ZedopsError('TIMEOUT', `The game did not answer ${what} within ${Math.round(timeoutMs / 1000)} s`));
      });
      const end = (): void => {
        takeBack();
        waiting = undefined;
      };
      waiting = {
        packet(packet) {
          try {
            const result = take(packet);
            if (result === undefined) return;
            end();
            resolve(result);
          } catch (error) {
            end();
            reject(error);
          }
        },
        fail(error) {
          end();
          reject(error);
        },
      };
      begin();
    });

  const inTurn = <Result>(task: () => Promise<Result>): Promise<Result> => {
    const result = queue.then(task);
    queue = result.catch(() => undefined);
    return result;
  };

  const ask = (text: string, timeoutMs: number): Promise<string> => {
    const id = nextId;
    const probe = nextId + 1;
    nextId += 2;
    const bodies: Buffer[] = [];
    let size = 0;
    const begin = (): void => {
      // Two writes: the game reads a packet's size without waiting for the rest of it.
      socket.write(encodePacket({ id, type: packetTypes.exec, body: text }));
      socket.write(encodePacket({ id: probe, type: packetTypes.response, body: '' }));
    };
    return exchange(`"${text.split(' ', 1)[0] ?? ''}"`, timeoutMs, begin, (packet) => {
      if (packet.id === probe) return bodyText(bodies);
      if (packet.id !== id || packet.type !== packetTypes.response) return undefined;
      size += packet.body.length;
      if (size > largestAnswerBytes) throw new ZedopsError('UNSUPPORTED', 'The answer is larger than 16 MiB');
      bodies.push(packet.body);
      return undefined;
    });
  };

  const authId = nextId;
  nextId += 1;
  const accepted = await exchange(
    'the password',
    authTimeoutMs,
    () => socket.write(encodePacket({ id: authId, type: packetTypes.auth, body: target.password })),
    (packet) => (packet.type === packetTypes.authReply ? packet.id === authId : undefined),
  );
  if (!accepted) {
    socket.destroy();
    throw new ZedopsError('FORBIDDEN', 'The game refused the RCON password', {
      hint: 'the password in the server’s settings and in its ini file differ',
    });
  }

  return {
    command: (text, timeoutMs) => inTurn(() => ask(text, timeoutMs)),
    quit: (timeoutMs) =>
      inTurn(async () => {
        try {
          await ask('quit', timeoutMs);
        } catch (error) {
          if (!(error instanceof ZedopsError && error.code === 'UNREACHABLE')) throw error;
        }
      }),
    close() {
      socket.destroy();
    },
    get closed() {
      return broken !== undefined;
    },
  };
}

function openSocket({ host, port, ...rest }: RconTarget, clock: Clock, signal?: AbortSignal): Promise<Socket> {
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
    const takeBack = clock.after(connectTimeoutMs, () => {
      giveUp(new ZedopsError('UNREACHABLE', `RCON at ${host}:${port} does not answer`));
    });
    signal?.addEventListener('abort', abort, { once: true });
    socket.once('error', (error) => giveUp(unreachable({ host, port, ...rest }, error)));
    socket.once('connect', () => {
      end();
      resolve(socket);
    });
    if (signal?.aborted) abort();
  });
}

function unreachable({ host, port }: RconTarget, cause: Error): ZedopsError {
  return new ZedopsError('UNREACHABLE', `RCON at ${host}:${port} cannot be reached: ${cause.message}`, { cause });
}
