import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock } from '../../platform/clock.ts';
import { createWebSocketWire } from '../../platform/network/web-socket-wire.ts';
import { closeCodes, type Wire } from '../../protocol/wire.ts';

/** An accepted connection. */
export interface Connection {
  readonly wire: Wire;
  /** Takes nothing in any more, lets out what is said already, and closes. */
  cut(why: 'revoked' | 'expired', reason: string): void;
}

/** Every accepted connection of a door, so that they end with it. */
export interface Connections {
  /** `raw`: the connection itself, below the WebSocket. */
  open(socket: WebSocket, raw: Duplex): Connection;
  /** Tells all of them that the manager is stopping. */
  leave(): void;
  /** Ends what is left, without a word. */
  terminate(): void;
}

/**
 * Milliseconds between a cut and the close. Whoever signs out, or revokes the token they came with, is still told that it
 * was done.
 */
export const lastWordsMs = 250;

/** Of the WebSocket protocol: try again later. */
const tryAgainLater = 1013;

/** Makes the list of connections. One whose other end leaves more than `queuedBytes` unread is given up. */
export function createConnections(clock: Clock, queuedBytes: number): Connections {
  const open = new Map<WebSocket, Wire>();
  return {
    open(socket, raw) {
      const wire = createWebSocketWire(socket, { clock, raw });
      let isCut = false;
      open.set(socket, wire);
      socket.once('close', () => open.delete(socket));
      return {
        wire: {
          ...wire,
          send(frame) {
            wire.send(frame);
            if (wire.buffered() > queuedBytes) wire.close(tryAgainLater, 'too much was left unread');
          },
          listen(events) {
            wire.listen({
              ...events,
              frame(text) {
                if (!isCut) events.frame(text);
              },
            });
          },
        },
        cut(why, reason) {
          if (isCut) return;
          isCut = true;
          clock.after(lastWordsMs, () => {
            wire.close(why === 'revoked' ? closeCodes.rejected : closeCodes.goingAway, reason);
          });
        },
      };
    },
    leave() {
      for (const wire of [...open.values()]) wire.close(closeCodes.goingAway, 'the manager is stopping');
    },
    terminate() {
      for (const socket of [...open.keys()]) socket.terminate();
    },
  };
}
