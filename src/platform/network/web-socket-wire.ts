import type { Writable } from 'node:stream';
import { type CloseReason, closeCodes, type SharedFrame, type Wire, type WireEvents } from '../../protocol/wire.ts';
import type { Clock } from '../clock.ts';

/** The part of a WebSocket that a wire needs; both ends of the `ws` package have it. */
export interface WebSocketLike {
  readonly bufferedAmount: number;
  /** 1 while frames may be sent. */
  readonly readyState: number;
  send(data: string | Buffer, options: { binary: boolean; compress: boolean }, sent: (error?: Error) => void): void;
  close(code: number, reason: string): void;
  terminate(): void;
  ping(): void;
  on(event: 'message', listener: (data: unknown, isBinary: boolean) => void): unknown;
  on(event: 'close', listener: (code: number, reason: Buffer) => void): unknown;
  on(event: 'pong', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** How a wire over a WebSocket keeps watch on its other end. */
export interface WebSocketWireOptions {
  readonly clock: Clock;
  /** Milliseconds between pings. Default 15 s. Two in a row unanswered close the wire. */
  readonly heartbeatMs?: number;
  /**
   * What a server's WebSocket writes to. Frames for many are then wrapped once and written to it as they are: the `ws`
   * package would wrap them anew for each and write each in two pieces, which TLS pays for with a third of its time.
   */
  readonly raw?: Writable;
}

const closeGraceMs = 2_000;
const lowWaterBytes = 64 * 1024;
const openState = 1;

/** Makes a wire of an open WebSocket. Its heartbeat notices a half-open connection; its close never hangs on the peer. */
export function createWebSocketWire(socket: WebSocketLike, options: WebSocketWireOptions): Wire {
  const { clock, heartbeatMs = 15_000, raw } = options;
  let events: WireEvents | undefined;
  let early: string[] = [];
  let closing: CloseReason | undefined;
  let ended: CloseReason | undefined;
  let unanswered = 0;
  let draining = false;
  let stopGrace: () => void = () => undefined;

  const end = (reason: CloseReason): void => {
    if (ended) return;
    ended = reason;
    stopHeartbeat();
    stopGrace();
    events?.closed(reason);
  };
  const close = (code: number, reason: string): void => {
    if (closing || ended) return;
    closing = { code, reason };
    // A close reason may have 123 bytes.
    socket.close(
      code,
      Buffer.from(reason)
        .subarray(0, 120)
        .toString('utf8')
        .replace(/\uFFFD+$/, ''),
    );
    if (!ended) stopGrace = clock.after(closeGraceMs, () => socket.terminate());
  };
  const stopHeartbeat = clock.every(heartbeatMs, () => {
    if (unanswered >= 2) {
      closing = { code: closeCodes.unanswered, reason: 'two heartbeats were not answered' };
      socket.terminate();
      end(closing);
      return;
    }
    unanswered += 1;
    socket.ping();
  });
  const sent = (): void => {
    if (!draining || socket.bufferedAmount > lowWaterBytes) return;
    draining = false;
    events?.drained();
  };

  socket.on('pong', () => {
    unanswered = 0;
  });
  socket.on('message', (data, isBinary) => {
    if (closing || ended) return;
    unanswered = 0;
    if (isBinary || !Buffer.isBuffer(data)) {
      close(closeCodes.badFrame, 'frames are text');
      return;
    }
    const text = data.toString('utf8');
    if (events) events.frame(text);
    else early.push(text);
  });
  // An error is always followed by a close, which is what everyone waits for.
  socket.on('error', () => undefined);
  socket.on('close', (code, reason) => end(closing ?? { code, reason: reason.toString('utf8') }));

  return {
    send(frame) {
      if (closing || ended) return;
      if (typeof frame === 'string') socket.send(frame, { binary: false, compress: false }, sent);
      else if (!raw) socket.send(frame.payload, { binary: false, compress: false }, sent);
      else if (socket.readyState === openState) raw.write(wrapped(frame), sent);
      if (socket.bufferedAmount > 0) draining = true;
    },
    buffered: () => socket.bufferedAmount,
    close,
    listen(listener) {
      const [endedBefore, closingBefore] = [ended, closing];
      events = listener;
      const waiting = early;
      early = [];
      for (const text of waiting) {
        // What the listener makes of one frame may close the wire, and then it hears no more.
        if (ended !== endedBefore || closing !== closingBefore) break;
        listener.frame(text);
      }
      if (endedBefore) listener.closed(endedBefore);
    },
  };
}

/** A text frame as a server sends it: whole, and not masked. RFC 6455, section 5.2. */
function wrapped(frame: SharedFrame): Buffer {
  if (frame.wrapped) return frame.wrapped;
  const { payload } = frame;
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const bytes = Buffer.allocUnsafe(2 + lengthBytes + length);
  bytes[0] = 0x81;
  bytes[1] = lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127;
  if (lengthBytes === 2) bytes.writeUInt16BE(length, 2);
  else if (lengthBytes === 8) bytes.writeBigUInt64BE(BigInt(length), 2);
  payload.copy(bytes, 2 + lengthBytes);
  frame.wrapped = bytes;
  return bytes;
}
