import { Writable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPacketReader, packetTypes } from '../../zomboid/rcon/rcon-packet.ts';
import { createOutgoing } from './outgoing.ts';

test('each write holds whole packets, in order, and no more than a segment takes unless it is one packet', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ maxLength: 2_000, unit: 'grapheme' }), { maxLength: 30 }), async (lines) => {
      const writes: Buffer[] = [];
      const stream = new Writable({
        write(chunk: Buffer, _, done) {
          writes.push(chunk);
          done();
        },
      });
      const outgoing = createOutgoing(stream);
      lines.forEach((line, id) => void outgoing.send(id, packetTypes.exec, line));
      expect(writes.length <= lines.length).toBe(true);
      await new Promise((resolve) => setImmediate(resolve));
      const told: string[] = [];
      for (const bytes of writes) {
        const { packets, fault } = createPacketReader({ maxBytes: 65_536 }).push(bytes);
        expect(fault).toBeUndefined();
        expect(packets.reduce((sum, { body }) => sum + body.length + 14, 0)).toBe(bytes.length);
        if (packets.length > 1) expect(bytes.length).toBeLessThanOrEqual(1_200);
        told.push(...packets.map(({ body }) => body.toString()));
      }
      expect(told).toEqual(lines);
    }),
  );
});
