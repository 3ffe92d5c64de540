import type { Writable } from 'node:stream';
import { packetBytes, writePacket } from '../../zomboid/rcon/rcon-packet.ts';

/** Packets on their way out of one connection. */
export interface Outgoing {
  /** Sends a packet before the turn of the event loop ends, together with others that fit. */
  send(id: number, type: number, body: string): void;
}

/**
 * The smallest segment that networks carry as one piece, roughly. The game reads a packet's size without waiting for the
 * rest of it: each write holds whole packets only, and none is cut on its way.
 */
const mostTogetherBytes = 1_200;

/** Makes the outgoing side of a stream. A single packet above 1,200 bytes is a write of its own. */
export function createOutgoing(stream: Writable): Outgoing {
  let batch: Buffer | undefined;
  let length = 0;
  const flush = (): void => {
    if (!batch) return;
    const bytes = batch.subarray(0, length);
    batch = undefined;
    length = 0;
    if (!stream.destroyed) stream.write(bytes);
  };
  return {
    send(id, type, body) {
      const size = packetBytes(body);
      if (batch && length + size > batch.length) flush();
      if (!batch) {
        batch = Buffer.allocUnsafe(Math.max(size, mostTogetherBytes));
        // What was asked for by the answers of this turn goes out with it.
        process.nextTick(flush);
      }
      length = writePacket(batch, length, id, type, body);
    },
  };
}
