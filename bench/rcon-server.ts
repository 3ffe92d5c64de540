/**
 * A remote console for benches, in a process of its own: takes any password, answers each command at once and echoes
 * probes twice, as the game does. `mb N` is answered with so many megabytes in packets of 4,086 bytes. Prints its port.
 */
import { createServer } from 'node:net';
import {
  createPacketReader,
  packetBytes,
  packetTypes,
  type RconPacket,
  writePacket,
} from '../src/zomboid/rcon/rcon-packet.ts';

const packetBodyBytes = 4_086;
const none = Buffer.alloc(0);

/** The bodies of the packets that one is answered with. */
function answersTo({ type, body }: RconPacket): readonly Buffer[] {
  // No empty packet before a log-in's answer: the client it is compared with takes that for the log-in.
  if (type === packetTypes.auth) return [none];
  if (type === packetTypes.response) return [none, none];
  if (body.subarray(0, 3).toString('latin1') !== 'mb ') return [body];
  const text = Buffer.alloc(Number(body.subarray(3).toString()) * 1_000_000, 'x');
  const bodies: Buffer[] = [];
  for (let at = 0; at < text.length; at += packetBodyBytes) bodies.push(text.subarray(at, at + packetBodyBytes));
  return bodies;
}

const server = createServer({ noDelay: true }, (socket) => {
  const reader = createPacketReader({ maxBytes: 65_536 });
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece: Buffer) => {
    const answers = reader.push(piece).packets.flatMap((packet) => {
      const type = packet.type === packetTypes.auth ? packetTypes.authReply : packetTypes.response;
      return answersTo(packet).map((body) => ({ id: packet.id, type, body }));
    });
    const bytes = Buffer.allocUnsafe(answers.reduce((sum, { body }) => sum + packetBytes(body), 0));
    let at = 0;
    for (const { id, type, body } of answers) at = writePacket(bytes, at, id, type, body);
    if (at > 0) socket.write(bytes);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`${address.port}\n`);
});
