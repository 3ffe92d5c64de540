/**
 * A remote console for benches, in a process of its own: takes any password, answers each command at once and echoes
 * probes twice, as the game does. `mb N` is answered with so many megabytes in packets of 4,086 bytes. Prints its port.
 */
import { createServer } from 'node:net';
import { createPacketReader, encodePacket, packetTypes } from '../src/zomboid/rcon-packet.ts';

const packetBodyBytes = 4_086;

const server = createServer({ noDelay: true }, (socket) => {
  const reader = createPacketReader({ maxBytes: 65_536 });
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece: Buffer) => {
    const answers: Buffer[] = [];
    for (const { id, type, body } of reader.push(piece).packets) {
      if (type === packetTypes.auth) {
        // No empty packet before it: the client it is compared with takes that for the log-in.
        answers.push(encodePacket({ id, type: packetTypes.authReply, body: '' }));
      } else if (type === packetTypes.response) {
        const echo = encodePacket({ id, type, body: '' });
        answers.push(echo, echo);
      } else {
        const [name, megabytes] = body.toString().split(' ');
        const text = name === 'mb' ? Buffer.alloc(Number(megabytes) * 1_000_000, 'x') : body;
        for (let at = 0; at < text.length; at += packetBodyBytes) {
          answers.push(encodePacket({ id, type: packetTypes.response, body: text.subarray(at, at + packetBodyBytes) }));
        }
      }
    }
    if (answers.length > 0) socket.write(Buffer.concat(answers));
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`${address.port}\n`);
});
