import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * As much of a NATS client as publishing takes: one subject, text payloads, TLS. Written for this alone, so that the
 * publisher never holds the server back. Protocol: docs.nats.io, "Client Protocol".
 */
export interface NatsPublisher {
  /** Publishes each text by a PUB of its own, all in one write. Resolves when there is room for more. */
  publish(texts: readonly string[]): Promise<void>;
  close(): void;
}

const subject = 'bench.log';
const connectLine = 'CONNECT {"verbose":false,"pedantic":false,"lang":"bench","version":"1"}\r\n';

/** Connects. Resolves when the server has taken that in. */
export async function connectNatsPublisher(port: number, authority: string): Promise<NatsPublisher> {
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
    const lines = `${rest}${piece}`.split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === 'PING') socket.write('PONG\r\n');
      else if (line === 'PONG') greeted();
      else if (line.startsWith('-ERR')) socket.destroy(new Error(line));
    }
  });
  socket.write(`${connectLine}PING\r\n`);
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
