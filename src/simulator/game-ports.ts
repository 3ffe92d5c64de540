import { createSocket, type Socket } from 'node:dgram';

/** Binds the two UDP ports of a server. Nothing answers there. @returns what closes them; undefined when one is taken. */
export async function bindGamePorts(ports: readonly number[]): Promise<(() => Promise<void>) | undefined> {
  const bound: Socket[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(bound.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
  };
  for (const port of ports) {
    const socket = await bind(port);
    if (!socket) {
      await close();
      return undefined;
    }
    bound.push(socket);
  }
  return close;
}

function bind(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(undefined);
    });
    socket.bind(port, () => {
      socket.removeAllListeners('error');
      // Errors of datagrams that strangers send are not the game's.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}
