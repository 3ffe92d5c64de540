import type { Duplex } from 'node:stream';
import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import {
  bodyText,
  createPacketReader,
  encodePacket,
  packetBytes,
  packetTypes,
  type RconPacket,
} from '../../zomboid/rcon/rcon-packet.ts';
import { createAlarm } from './alarm.ts';
import { createOutgoing } from './outgoing.ts';

/** One remote console that took the password. Answers come in the order of the commands, as the game does them. */
export interface RconConnection {
  /**
   * Sends a command and gives its whole answer, of any number of packets, to `asker`. Where it is the oldest one under
   * way and nothing ends it for `timeoutMs` (5 s at least), the connection is over: it lost its place.
   */
  ask(line: string, timeoutMs: number, asker: RconAsker): void;
  /** Whether the server echoes the packet that marks the end of an answer: several commands may be under way then. */
  readonly mirrors: boolean;
  /** Commands that have no answer yet, and the bytes they took. */
  readonly underWay: { readonly count: number; readonly bytes: number };
  readonly closed: boolean;
  close(): void;
}

/** Who waits for an answer. One of the two is called, once; neither while `ask` is. */
export interface RconAsker {
  /** `ms` after it was sent. */
  done(text: string, ms: number): void;
  /** With UNREACHABLE or TIMEOUT the connection is over, with UNSUPPORTED the answer was above 16 MiB. */
  fail(error: ZedopsError): void;
}

/** What {@link signIn} needs. */
export interface SignInOptions {
  readonly password: string;
  readonly clock: Clock;
  /** Asks for an echo first; without it answers end when nothing more comes. */
  readonly probe: boolean;
  /** Called when the password was taken; asking for the echo follows. */
  readonly onAccepted?: () => void;
  /** Called when answers have ended, after all of them that came together: there is room for more. */
  readonly onRoom?: () => void;
  /** Called when a server answers in another order than it was asked. */
  readonly onOddity?: () => void;
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
/** What a packet takes of memory besides its body. */
const packetCostBytes = 128;
const largestId = 0x7fff_fff0;

/** A command under way: its own id is the one before its probe's. */
interface Slot {
  readonly name: string;
  readonly timeoutMs: number;
  readonly bytes: number;
  readonly sentAt: number;
  readonly bodies: Buffer[];
  size: number;
  isOver: boolean;
  readonly asker: RconAsker;
}

/**
 * Signs in on an open stream, which is this connection's own from now on.
 * @throws ZedopsError FORBIDDEN for a wrong password, UNREACHABLE when the stream ends, TIMEOUT, CANCELLED.
 */
export async function signIn(
  stream: Duplex,
  { password, clock, probe, onAccepted, onRoom, onOddity, onEnd }: SignInOptions,
  signal?: AbortSignal,
): Promise<RconConnection> {
  const reader = createPacketReader({ maxBytes: largestPacketBytes });
  const slots = new Map<number, Slot>();
  let bytesUnderWay = 0;
  let broken: ZedopsError | undefined;
  let mirrors = false;
  let nextId = 1;
  const outgoing = createOutgoing(stream);
  let onPacket: (packet: RconPacket) => void = () => undefined;
  let onBroken: (error: ZedopsError) => void = () => undefined;
  let lastEndedAt = 0;
  let haveEnded = false;
  let takeBackGap = (): void => undefined;

  const fail = (error: ZedopsError): void => {
    if (broken) return;
    broken = error;
    hang.takeBack();
    takeBackGap();
    signal?.removeEventListener('abort', abort);
    stream.destroy();
    // The newest first: whoever puts theirs back before the others keeps the order.
    const left = [...slots.values()].reverse();
    slots.clear();
    bytesUnderWay = 0;
    onBroken(error);
    for (const { isOver, asker } of left) if (!isOver) asker.fail(error);
    onEnd?.(error);
  };
  const oldest = (): Slot | undefined => slots.values().next().value;
  const hang = createAlarm(clock, (now) => {
    const slot = oldest();
    if (!slot) return undefined;
    const ms = Math.max(slot.timeoutMs, shortestHangMs);
    if (now < lastEndedAt + ms) return lastEndedAt + ms;
    fail(new ZedopsError('TIMEOUT', `The game did not answer "${slot.name}" within ${Math.round(ms / 1000)} s`));
    return undefined;
  });
  /** Once for all answers that came together. */
  const tellRoom = (): void => {
    if (!haveEnded || broken) return;
    haveEnded = false;
    onRoom?.();
    const slot = oldest();
    if (slot) hang.by(lastEndedAt + Math.max(slot.timeoutMs, shortestHangMs));
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
    tellRoom();
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

  const finish = (probeId: number, slot: Slot): void => {
    slots.delete(probeId);
    bytesUnderWay -= slot.bytes;
    takeBackGap();
    lastEndedAt = clock.steady();
    haveEnded = true;
    if (!slot.isOver) slot.asker.done(bodyText(slot.bodies), lastEndedAt - slot.sentAt);
  };
  const addBody = (probeId: number, slot: Slot, body: Buffer): void => {
    if (body.length > 0 && !slot.isOver) {
      slot.size += body.length + packetCostBytes;
      if (slot.size <= largestAnswerBytes) slot.bodies.push(body);
      else {
        slot.isOver = true;
        slot.bodies.length = 0;
        slot.asker.fail(new ZedopsError('UNSUPPORTED', `The answer to "${slot.name}" is larger than 16 MiB`));
      }
    }
    if (mirrors) return;
    takeBackGap();
    takeBackGap = clock.after(gapMs, () => {
      finish(probeId, slot);
      tellRoom();
    });
  };
  onPacket = ({ id, type, body }) => {
    if (type === packetTypes.authReply && id === -1) {
      fail(new ZedopsError('FORBIDDEN', 'The game does not take commands on this RCON connection any more'));
      return;
    }
    if (type !== packetTypes.response) return;
    const ended = slots.get(id);
    if (ended) {
      if (ended !== oldest()) onOddity?.();
      finish(id, ended);
      return;
    }
    const answered = slots.get(id + 1);
    if (answered) addBody(id + 1, answered, body);
    // A game that was busy while it was asked echoes late; what is under way without a probe still ends by silence.
    else if (id === learnId && slots.size === 0) mirrors = true;
  };

  return {
    ask(line, timeoutMs, asker) {
      if (broken) throw broken;
      const id = takeIds();
      const name = line.split(' ', 1)[0] ?? '';
      const bytes = exchangeBytes(line);
      const sentAt = clock.steady();
      slots.set(id + 1, { name, timeoutMs, bytes, sentAt, bodies: [], size: 0, isOver: false, asker });
      bytesUnderWay += bytes;
      if (slots.size === 1) {
        lastEndedAt = sentAt;
        hang.by(sentAt + Math.max(timeoutMs, shortestHangMs));
      }
      outgoing.send(id, packetTypes.exec, line);
      if (mirrors) outgoing.send(id + 1, packetTypes.response, '');
    },
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

/** What a command takes of what may be under way: its packet, and the one that marks the end of its answer. */
export function exchangeBytes(line: string): number {
  return packetBytes(line) + packetBytes('');
}

function wrongPassword(): ZedopsError {
  return new ZedopsError('FORBIDDEN', 'The game refused the RCON password', {
    hint: 'the password in the server’s settings and in its ini file differ',
  });
}
