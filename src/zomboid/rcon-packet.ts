/** Types of packets. A number means another thing in each direction: 2 asks for a command and answers a log-in. */
export const packetTypes = { auth: 3, authReply: 2, exec: 2, response: 0 } as const;

/** One packet of the game's remote console. `body` is without its ending, and may hold half a character at its edges. */
export interface RconPacket {
  readonly id: number;
  readonly type: number;
  readonly body: Buffer;
}

/** Why a stream of packets cannot be read any further. `size` is what the packet says of itself, in bytes. */
export interface PacketFault {
  readonly reason: 'too small' | 'too large' | 'not ended';
  readonly size: number;
}

/** What a piece of a stream held. With a fault, the packets before it are good and nothing after it can be trusted. */
export interface PacketRead {
  readonly packets: readonly RconPacket[];
  readonly fault?: PacketFault;
}

/** Puts packets together from the pieces of a stream. */
export interface PacketReader {
  /** Takes the next piece, cut anywhere. After a fault every call returns that fault again. */
  push(piece: Buffer): PacketRead;
}

/** Bytes that the size counts besides the body: id, type and the two NULs of the ending. */
const overheadBytes = 10;
const sizeBytes = 4;

/**
 * Encodes a packet: little-endian int32 size, id and type, the body, two NULs (Source RCON as the game speaks it).
 * Write it in one go: the game does not wait for the rest of a size that arrives in parts.
 */
export function encodePacket({ id, type, body }: { id: number; type: number; body: Buffer | string }): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  const packet = Buffer.alloc(sizeBytes + overheadBytes + bytes.length);
  packet.writeInt32LE(overheadBytes + bytes.length, 0);
  packet.writeInt32LE(id, 4);
  packet.writeInt32LE(type, 8);
  bytes.copy(packet, 12);
  return packet;
}

/**
 * The text of an answer that came in one or more packets. Bodies are joined before they are decoded, because builds
 * from 42.20 cut characters in two. Bytes that are no UTF-8 are Latin-1: a build 41 with such a locale sends them.
 */
export function bodyText(bodies: readonly Buffer[]): string {
  const bytes = bodies.length === 1 && bodies[0] ? bodies[0] : Buffer.concat(bodies);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

/**
 * Makes a reader for one connection. It holds at most one packet, of at most `maxBytes` by its own size; each byte is
 * copied once, however small the pieces are.
 */
export function createPacketReader({ maxBytes }: { maxBytes: number }): PacketReader {
  const head = Buffer.alloc(sizeBytes);
  let headLength = 0;
  let packet: Buffer | undefined;
  let packetLength = 0;
  let fault: PacketFault | undefined;

  const open = (): void => {
    const size = head.readInt32LE(0);
    headLength = 0;
    packetLength = 0;
    if (size < overheadBytes) fault = { reason: 'too small', size };
    else if (size > maxBytes) fault = { reason: 'too large', size };
    else packet = Buffer.allocUnsafe(size);
  };

  const close = (whole: Buffer): RconPacket | undefined => {
    packet = undefined;
    const end = whole.length - 2;
    if (whole[end] !== 0 || whole[end + 1] !== 0) {
      fault = { reason: 'not ended', size: whole.length };
      return undefined;
    }
    return { id: whole.readInt32LE(0), type: whole.readInt32LE(4), body: whole.subarray(8, end) };
  };

  return {
    push(piece) {
      const packets: RconPacket[] = [];
      let at = 0;
      while (!fault && at < piece.length) {
        if (packet) {
          const copied = piece.copy(packet, packetLength, at);
          at += copied;
          packetLength += copied;
          if (packetLength < packet.length) break;
          const closed = close(packet);
          if (closed) packets.push(closed);
        } else {
          const copied = piece.copy(head, headLength, at);
          at += copied;
          headLength += copied;
          if (headLength === sizeBytes) open();
        }
      }
      return fault ? { packets, fault } : { packets };
    },
  };
}
