import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodyText, createPacketReader, encodePacket, packetTypes, type RconPacket } from './rcon-packet.ts';

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const anyPacket = fc.record({ id: int32, type: int32, body: fc.uint8Array({ maxLength: 300 }) });

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    if (at >= bytes.length) break;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  pieces.push(bytes.subarray(at));
  return pieces;
}

describe('encodePacket', () => {
  it('counts bytes, not characters', () => {
    const packet = encodePacket({ id: 7, type: packetTypes.exec, body: 'зомби' });
    expect(packet.readInt32LE(0)).toBe(10 + 10);
    expect(packet.length).toBe(4 + 20);
    expect([...packet.subarray(-2)]).toEqual([0, 0]);
  });
});

describe('createPacketReader', () => {
  it('gives back every packet, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(anyPacket, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 200 }),
        (sent, sizes) => {
          const bytes = Buffer.concat(
            sent.map((packet) => encodePacket({ ...packet, body: Buffer.from(packet.body) })),
          );
          const reader = createPacketReader({ maxBytes: 400 });
          const got: RconPacket[] = [];
          for (const piece of cut(bytes, sizes)) {
            const { packets, fault } = reader.push(piece);
            expect(fault).toBeUndefined();
            got.push(...packets);
          }
          expect(got.map(({ id, type, body }) => ({ id, type, body: [...body] }))).toEqual(
            sent.map(({ id, type, body }) => ({ id, type, body: [...body] })),
          );
        },
      ),
    );
  });

  it('takes junk without throwing, and never holds more than it may', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 40 }), (pieces) => {
        const reader = createPacketReader({ maxBytes: 64 });
        let faulted = false;
        for (const piece of pieces) {
          const { packets, fault } = reader.push(Buffer.from(piece));
          if (faulted) expect(packets).toEqual([]);
          for (const packet of packets) expect(packet.body.length).toBeLessThanOrEqual(54);
          if (fault) faulted = true;
        }
      }),
    );
  });

  it.each([
    [9, 'too small'],
    [-1, 'too small'],
    [-(2 ** 31), 'too small'],
    [4097, 'too large'],
    [2 ** 31 - 1, 'too large'],
  ])('refuses a size of %i', (size, reason) => {
    const bytes = Buffer.alloc(64);
    bytes.writeInt32LE(size, 0);
    const reader = createPacketReader({ maxBytes: 4096 });
    expect(reader.push(bytes)).toEqual({ packets: [], fault: { reason, size } });
    expect(reader.push(encodePacket({ id: 1, type: 0, body: '' }))).toEqual({ packets: [], fault: { reason, size } });
  });

  it('gives the good packets that stand before a bad one', () => {
    const good = encodePacket({ id: 1, type: 0, body: 'ok' });
    const bad = Buffer.from(encodePacket({ id: 2, type: 0, body: 'no end' }));
    bad[bad.length - 1] = 1;
    const { packets, fault } = createPacketReader({ maxBytes: 4096 }).push(Buffer.concat([good, bad]));
    expect(packets.map((packet) => packet.body.toString())).toEqual(['ok']);
    expect(fault).toEqual({ reason: 'not ended', size: 16 });
  });

  it('reads a packet of eight megabytes in single bytes in linear time', () => {
    const bytes = encodePacket({ id: 1, type: 0, body: Buffer.alloc(8 * 1024 * 1024, 0x61) });
    const reader = createPacketReader({ maxBytes: bytes.length });
    let packets: readonly RconPacket[] = [];
    for (let at = 0; at < bytes.length; at += 7) packets = reader.push(bytes.subarray(at, at + 7)).packets;
    expect(packets[0]?.body.length).toBe(8 * 1024 * 1024);
  });
});

describe('bodyText', () => {
  it('joins characters that were cut between packets', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.integer({ min: 1, max: 9 }), (text, size) => {
        const bytes = Buffer.from(text);
        const bodies: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += size) bodies.push(bytes.subarray(at, at + size));
        expect(bodyText(bodies)).toBe(text);
      }),
    );
  });

  it('reads what is no UTF-8 as Latin-1', () => {
    expect(bodyText([Buffer.from([0x4a, 0xfc, 0x72, 0x67])])).toBe('Jürg');
  });
});
