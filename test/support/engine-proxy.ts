import { createConnection, createServer, type Socket } from 'node:net';
import { eventually } from './eventually.ts';

/** A call to the engine at which somebody dies: before the engine hears of it, or after, with the answer never heard. */
export interface HeldCall {
  readonly when: 'before' | 'after';
  /** Tried on the request's first line without its version, such as `POST /containers/create?name=simulator-alpha`. */
  readonly call: RegExp;
}

/** A socket that leads to a Docker engine and can stand in the way. */
export interface EngineProxy {
  readonly socketPath: string;
  /** Holds the next call that fits, for as long as its caller lives. Resolves when it is held. */
  hold(held: HeldCall): Promise<void>;
  /** Ends all connections and takes no more. */
  close(): Promise<void>;
}

const engineSocket = '/var/run/docker.sock';
const longestHead = 16 * 1024;

/** Opens a socket at `socketPath` that leads to the engine of this machine. Its callers make one call a connection. */
export async function createEngineProxy(socketPath: string): Promise<EngineProxy> {
  const sockets = new Set<Socket>();
  let wanted: { readonly held: HeldCall; readonly onHeld: () => void } | undefined;

  const track = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  /** Takes the hold that is wanted, where this call is the one. */
  const claim = (head: string) => {
    const line = head.slice(0, head.indexOf(' HTTP/')).replace(/ \/v1\.\d+/, ' ');
    if (!wanted?.held.call.test(line)) return undefined;
    const claimed = wanted;
    wanted = undefined;
    return claimed;
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    track(client);
    let head = Buffer.alloc(0);
    const read = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      if (!head.includes('\r\n') && head.length < longestHead) return;
      client.off('data', read);
      client.pause();
      const claimed = claim(head.toString('latin1'));
      if (claimed?.held.when === 'before') {
        claimed.onHeld();
        client.resume();
        return;
      }
      const engine = track(createConnection({ path: engineSocket, allowHalfOpen: true }));
      engine.write(head);
      client.pipe(engine);
      if (claimed) engine.once('data', () => claimed.onHeld()).resume();
      else engine.pipe(client);
      client.once('close', () => engine.destroy());
      engine.once('close', () => {
        if (!claimed) client.destroy();
      });
    };
    client.on('data', read);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    async hold(held) {
      let isHeld = false;
      wanted = {
        held,
        onHeld: () => {
          isHeld = true;
        },
      };
      try {
        await eventually(`a call that fits ${String(held.call)}`, () => isHeld);
      } finally {
        // Where it never came, no later call is to be taken for it.
        if (!isHeld) wanted = undefined;
      }
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
