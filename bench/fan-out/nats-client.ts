import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * As much of a NATS client as the bench needs: one subject, text payloads, TLS. Written for this alone, so that it does
 * no more per line than ZedOps' own client does. Protocol: docs.nats.io, "Client Protocol".
 */
export interface NatsClient {
  /** Publishes each text by a PUB of its own, all in one write. Resolves when there is room for more. */
  publish(texts: readonly string[]): Promise<void>;
  close(): void;
}

const subject = 'bench.log';
const connectLine = 'CONNECT {"verbose":false,"pedantic":false,"lang":"bench","version":"1"}\r\n';

/** Connects, and subscribes where `onLine` wants the payloads. Resolves when the server has taken that in. */
export async function connectNats(
  port: number,
  authority: string,
  onLine?: (text: string) => void,
): Promise<NatsClient> {
  const plain = connectTcp(port, '127.0.0.1');
  // The server speaks first, in plain, and then waits for the client to begin TLS.
  await once(plain, 'data');
  const socket = connectTls({ socket: plain, ca: authority, servername: 'localhost', minVersion: 'TLSv1.3' });
  await once(socket, 'secureConnect');
  socket.setNoDelay(true);
  let greeted: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    greeted = resolve;
  });
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (piece: string) => {
    const text = rest === '' ? piece : rest + piece;
    let place = 0;
    for (;;) {
      const end = text.indexOf('\r\n', place);
      if (end === -1) break;
      const first = text.charCodeAt(place);
      if (first === 77 /* MSG */) {
        const size = Number(text.slice(text.lastIndexOf(' ', end) + 1, end));
        const after = end + 2 + size + 2;
        if (after > text.length) break;
        onLine?.(text.slice(end + 2, end + 2 + size));
        place = after;
        continue;
      }
      if (text.startsWith('PING', place)) socket.write('PONG\r\n');
      else if (text.startsWith('PONG', place)) greeted();
      else if (text.startsWith('-ERR', place)) socket.destroy(new Error(text.slice(place, end)));
      place = end + 2;
    }
    rest = text.slice(place);
  });
  socket.write(`${connectLine}${onLine ? `SUB ${subject} 1\r\n` : ''}PING\r\n`);
  await ready;
  return {
    async publish(texts) {
      let frames = '';
      for (const text of texts) frames += `PUB ${subject} ${text.length}\r\n${text}\r\n`;
      if (!socket.write(frames, 'latin1')) await once(socket, 'drain');
    },
    close: () => socket.destroy(),
  };
}
