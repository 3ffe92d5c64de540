import type { Duplex } from 'node:stream';
import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { bodyText, createPacketReader, encodePacket, packetTypes, type RconPacket } from '../../zomboid/rcon-packet.ts';

/** One remote console that took the password. Answers come in the order of the commands, as the game does them. */
export interface RconConnection {
  /**
   * Sends a command and resolves with its whole answer, of any number of packets. Where it is the oldest one under way
   * and nothing ends it for `timeoutMs` (5 s at least), the connection is over: it lost its place.
   * @throws ZedopsError UNREACHABLE or TIMEOUT with the connection, UNSUPPORTED for an answer above 16 MiB.
   */
  ask(line: string, timeoutMs: number): Promise<string>;
  /** Whether the server echoes the packet that marks the end of an answer: several commands may be under way then. */
  readonly mirrors: boolean;
  /** Commands that have no answer yet, and the bytes they took. */
  readonly underWay: { readonly count: number; readonly bytes: number };
  readonly closed: boolean;
  close(): void;
}

/** What {@link signIn} needs. */
export interface SignInOptions {
  readonly password: string;
  readonly clock: Clock;
  /** Asks for an echo first; without it answers end when nothing more comes. */
  readonly probe: boolean;
  /** Called when the password was taken; asking for the echo follows. */
  readonly onAccepted?: () => void;
  /** Called once, when the connection is over for whatever reason. */
  readonly onEnd?: (error: ZedopsError) => void;
}

const authTimeoutMs = 5_000;
/** How long an echo may take by which the server shows that it mirrors: it costs the game nothing. */
const learnMs = 1_000;
/** Where no echo ends an answer, this silence does. */
const gapMs = 250;
const shortestHangMs = 5_000;
const largestPacketBytes = 16 * 1024 * 1024 + 64;
const largestAnswerBytes = 16 * 1024 * 1024;
const largestId = 0x7fff_fff0;

/** A command under way: its own id is the one before its probe's. */
interface Slot {
  readonly name: string;
  readonly timeoutMs: number;
  readonly bytes: number;
  readonly bodies: Buffer[];
  size: number;
  done: boolean;
  readonly resolve: (text: string) => void;
  readonly reject: (error: ZedopsError) => void;
}

/**
 * Signs in on an open stream, which is this connection's own from now on.
 * @throws ZedopsError FORBIDDEN for a wrong password, UNREACHABLE when the stream ends, TIMEOUT, CANCELLED.
 */
export async function signIn(
  stream: Duplex,
  { password, clock, probe, onAccepted, onEnd }: SignInOptions,
  signal?: AbortSignal,
): Promise<RconConnection> {
  const reader = createPacketReader({ maxBytes: largestPacketBytes });
  const slots = new Map<number, Slot>();
  let bytesUnderWay = 0;
  let broken: ZedopsError | undefined;
  let mirrors = false;
  let nextId = 1;
  let onPacket: (packet: RconPacket) => void = () => undefined;
  let onBroken: (error: ZedopsError) => void = () => undefined;
  let takeBackHang = (): void => undefined;
  let takeBackGap = (): void => undefined;

  const fail = (error: ZedopsError): void => {
    if (broken) return;
    broken = error;
    takeBackHang();
    takeBackGap();
    signal?.removeEventListener('abort', abort);
    stream.destroy();
    const left = [...slots.values()];
    slots.clear();
    bytesUnderWay = 0;
    onBroken(error);
    for (const slot of left) slot.reject(error);
    onEnd?.(error);
  };
  const abort = (): void => fail(new ZedopsError('CANCELLED', 'The RCON connection was given up'));
  const takeIds = (): number => {
    const id = nextId;
    nextId = nextId >= largestId ? 1 : nextId + 2;
    return id;
  };

  stream.on('data', (piece: Buffer) => {
    const { packets, fault } = reader.push(piece);
    for (const packet of packets) onPacket(packet);
    if (fault) fail(new ZedopsError('UNREACHABLE', `RCON sent a packet that is ${fault.reason} (${fault.size} bytes)`));
  });
  // It may come again while the stream closes; only the first one counts.
  stream.on('error', (cause: Error) => {
    fail(new ZedopsError('UNREACHABLE', `The RCON connection broke: ${cause.message}`, { cause }));
  });
  stream.on('close', () => fail(new ZedopsError('UNREACHABLE', 'The game closed the RCON connection')));
  stream.on('end', () => fail(new ZedopsError('UNREACHABLE', 'The game closed the RCON connection')));
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();

  /** Waits for one packet before there are any commands. `silence` is what `timeoutMs` without it mean. */
  const awaitPacket = (
    begin: () => void,
    isIt: (packet: RconPacket) => boolean,
    timeoutMs: number,
    silence: () => ZedopsError | undefined,
  ): Promise<boolean> =>
    new Promise((resolve, reject) => {
      if (broken) {
        reject(broken);
        return;
      }
      const settle = (isThere: boolean): void => {
        takeBack();
        onPacket = () => undefined;
        onBroken = () => undefined;
        resolve(isThere);
      };
      const takeBack = clock.after(timeoutMs, () => {
        const error = silence();
        if (error) fail(error);
        else settle(false);
      });
      onBroken = (error) => {
        takeBack();
        reject(error);
      };
      onPacket = (packet) => {
        if (isIt(packet)) settle(true);
      };
      begin();
    });

  const authId = takeIds();
  await awaitPacket(
    () => stream.write(encodePacket({ id: authId, type: packetTypes.auth, body: password })),
    ({ id, type }) => {
      if (type === packetTypes.response) return false;
      if (id === -1 || type === -1) fail(wrongPassword());
      // Other games' servers send the type back that they were sent.
      return id === authId && (type === packetTypes.authReply || type === packetTypes.auth);
    },
    authTimeoutMs,
    () => new ZedopsError('TIMEOUT', `The game did not answer the password within ${authTimeoutMs / 1000} s`),
  );
  onAccepted?.();
  const learnId = takeIds();
  if (probe) {
    mirrors = await awaitPacket(
      () => stream.write(encodePacket({ id: learnId, type: packetTypes.response, body: '' })),
      ({ id, type }) => id === learnId && type === packetTypes.response,
      learnMs,
      () => undefined,
    );
  }
  signal?.removeEventListener('abort', abort);

  let isCorked = false;
  /**
   * The game reads a packet's size without waiting for the rest of it: whole packets only, and what is sent in one turn
   * leaves at once, so that no network cuts it where the small windows of a session are kept.
   */
  const write = (packet: Buffer): void => {
    if (!isCorked) {
      isCorked = true;
      stream.cork();
      process.nextTick(() => {
        isCorked = false;
        stream.uncork();
      });
    }
    stream.write(packet);
  };
  const watchOldest = (): void => {
    takeBackHang();
    takeBackHang = () => undefined;
    const [oldest] = slots.values();
    if (!oldest) return;
    const { name, timeoutMs } = oldest;
    const ms = Math.max(timeoutMs, shortestHangMs);
    takeBackHang = clock.after(ms, () => {
      fail(new ZedopsError('TIMEOUT', `The game did not answer "${name}" within ${Math.round(ms / 1000)} s`));
    });
  };
  const finish = (probeId: number, slot: Slot): void => {
    slots.delete(probeId);
    bytesUnderWay -= slot.bytes;
    takeBackGap();
    watchOldest();
    if (!slot.done) slot.resolve(bodyText(slot.bodies));
  };
  const addBody = (probeId: number, slot: Slot, body: Buffer): void => {
    slot.size += body.length;
    if (slot.size > largestAnswerBytes && !slot.done) {
      slot.done = true;
      slot.bodies.length = 0;
      slot.reject(new ZedopsError('UNSUPPORTED', `The answer to "${slot.name}" is larger than 16 MiB`));
    }
    if (!slot.done) slot.bodies.push(body);
    if (mirrors) return;
    takeBackGap();
    takeBackGap = clock.after(gapMs, () => finish(probeId, slot));
  };
  onPacket = ({ id, type, body }) => {
    if (type === packetTypes.authReply && id === -1) {
      fail(new ZedopsError('FORBIDDEN', 'The game does not take commands on this RCON connection any more'));
      return;
    }
    if (type !== packetTypes.response) return;
    const ended = slots.get(id);
    if (ended) {
      finish(id, ended);
      return;
    }
    const answered = slots.get(id + 1);
    if (answered) addBody(id + 1, answered, body);
    // A game that was busy while it was asked echoes late; what is under way without a probe still ends by silence.
    else if (id === learnId && slots.size === 0) mirrors = true;
  };

  return {
    ask: (line, timeoutMs) =>
      new Promise((resolve, reject) => {
        if (broken) {
          reject(broken);
          return;
        }
        const id = takeIds();
        const command = encodePacket({ id, type: packetTypes.exec, body: line });
        const name = line.split(' ', 1)[0] ?? '';
        const slot = { name, timeoutMs, bytes: command.length, bodies: [], size: 0, done: false, resolve, reject };
        slots.set(id + 1, slot);
        bytesUnderWay += slot.bytes;
        if (slots.size === 1) watchOldest();
        write(command);
        if (mirrors) write(encodePacket({ id: id + 1, type: packetTypes.response, body: '' }));
      }),
    get mirrors() {
      return mirrors;
    },
    get underWay() {
      return { count: slots.size, bytes: bytesUnderWay };
    },
    get closed() {
      return broken !== undefined;
    },
    close: () => fail(new ZedopsError('UNREACHABLE', 'The RCON connection was closed')),
  };
}

function wrongPassword(): ZedopsError {
  return new ZedopsError('FORBIDDEN', 'The game refused the RCON password', {
    hint: 'the password in the server’s settings and in its ini file differ',
  });
}
