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
const bodyAt = 12;
const noBody = Buffer.alloc(0);

/**
 * Encodes a packet: little-endian int32 size, id and type, the body, two NULs (Source RCON as the game speaks it).
 * Write it in one go: the game does not wait for the rest of a size that arrives in parts.
 */
export function encodePacket({ id, type, body }: { id: number; type: number; body: Buffer | string }): Buffer {
  const packet = Buffer.allocUnsafe(packetBytes(body));
  writePacket(packet, 0, id, type, body);
  return packet;
}

/** How many bytes a packet has with such a body, its size included. */
export function packetBytes(body: Buffer | string): number {
  return sizeBytes + overheadBytes + (typeof body === 'string' ? Buffer.byteLength(body) : body.length);
}

/** Writes a packet into `target` from `at` on, where there must be room for it. @returns where it ends. */
export function writePacket(target: Buffer, at: number, id: number, type: number, body: Buffer | string): number {
  const bodyStart = at + bodyAt;
  const length = typeof body === 'string' ? target.write(body, bodyStart) : body.copy(target, bodyStart);
  target.writeInt32LE(overheadBytes + length, at);
  target.writeInt32LE(id, at + 4);
  target.writeInt32LE(type, at + 8);
  const end = bodyStart + length;
  target[end] = 0;
  target[end + 1] = 0;
  return end + 2;
}

/**
 * The text of an answer that came in one or more packets. Bodies are joined before they are decoded, because builds
 * from 42.20 cut characters in two. Bytes that are no UTF-8 are Latin-1: a build 41 with such a locale sends them.
 */
export function bodyText(bodies: readonly Buffer[]): string {
  const bytes = bodies.length === 1 && bodies[0] ? bodies[0] : Buffer.concat(bodies);
  const text = bytes.toString('utf8');
  // The sign that stands for what is no UTF-8 may as well have been sent.
  return text.includes('\uFFFD') && !Buffer.from(text).equals(bytes) ? bytes.toString('latin1') : text;
}

/**
 * Makes a reader for one connection. Packets that are whole in a piece are views of it; of one that is cut it holds what
 * has come, at most `maxBytes` by its own size, and copies each byte once, however small the pieces are.
 */
export function createPacketReader({ maxBytes }: { maxBytes: number }): PacketReader {
  const head = Buffer.alloc(sizeBytes);
  let headLength = 0;
  let cut: Buffer | undefined;
  let cutLength = 0;
  let fault: PacketFault | undefined;

  const isSize = (size: number): boolean => {
    if (size < overheadBytes) fault = { reason: 'too small', size };
    else if (size > maxBytes) fault = { reason: 'too large', size };
    return fault === undefined;
  };

  const read = (bytes: Buffer, start: number, size: number): RconPacket | undefined => {
    const end = start + size - 2;
    if (bytes[end] !== 0 || bytes[end + 1] !== 0) {
      fault = { reason: 'not ended', size };
      return undefined;
    }
    const body = size === overheadBytes ? noBody : bytes.subarray(start + bodyAt - sizeBytes, end);
    return { id: bytes.readInt32LE(start), type: bytes.readInt32LE(start + 4), body };
  };

  /** Takes what belongs to a packet that is cut, from `at` on. @returns where that ends. */
  const mend = (piece: Buffer, at: number, packets: RconPacket[]): number => {
    if (!cut) {
      const copied = piece.copy(head, headLength, at);
      headLength += copied;
      if (headLength < sizeBytes) return at + copied;
      const size = head.readInt32LE(0);
      headLength = 0;
      cutLength = 0;
      if (isSize(size)) cut = Buffer.allocUnsafe(size);
      return at + copied;
    }
    const copied = piece.copy(cut, cutLength, at);
    cutLength += copied;
    if (cutLength === cut.length) {
      const packet = read(cut, 0, cut.length);
      if (packet) packets.push(packet);
      cut = undefined;
    }
    return at + copied;
  };

  return {
    push(piece) {
      const packets: RconPacket[] = [];
      let at = 0;
      while (at < piece.length && !fault) {
        const isWholeHere = !cut && headLength === 0 && piece.length - at >= sizeBytes;
        const size = isWholeHere ? piece.readInt32LE(at) : 0;
        if (!isWholeHere || (size <= maxBytes && piece.length - at - sizeBytes < size)) {
          at = mend(piece, at, packets);
        } else if (isSize(size)) {
          const packet = read(piece, at + sizeBytes, size);
          if (packet) packets.push(packet);
          at += sizeBytes + size;
        }
      }
      return fault ? { packets, fault } : { packets };
    },
  };
}
