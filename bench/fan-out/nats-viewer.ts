import { connect } from '@nats-io/transport-node';

/**
 * Follows the bench's subject with the client that NATS offers for Node, as who builds on NATS would. Resolves when the
 * server has taken the subscription in.
 */
export async function viewNats(port: number, authority: string, onLine: (text: string) => void): Promise<void> {
  const connection = await connect({ servers: `localhost:${port}`, tls: { ca: authority } });
  connection.subscribe('bench.log', {
    callback: (error, message) => {
      if (error) throw error;
      onLine(message.string());
    },
  });
  await connection.flush();
}
