import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** A port of the loopback address that nothing listens on now, TCP and UDP. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  const isFree = await new Promise<boolean>((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind(address.port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
  return isFree ? address.port : freePort();
}
