import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { ZedopsError } from '../../protocol/errors.ts';
import { makePrivateFolder } from './atomic-file.ts';

/**
 * Makes sure that one process at a time works in a folder; the returned function lets go of it. The lock is a Unix socket
 * in Linux' abstract namespace, named after the folder: the kernel ends it with the process, however that ends.
 * @throws ZedopsError CONFLICT while another process works there.
 */
export async function lockFolder(folder: string, what: string): Promise<() => Promise<void>> {
  await makePrivateFolder(folder);
  const { dev, ino } = await stat(folder);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        'code' in cause && cause.code === 'EADDRINUSE'
          ? new ZedopsError('CONFLICT', `Another ${what} works in ${folder} already`, {
              hint: 'stop it first, or give this one its own ZEDOPS_HOME',
            })
          : cause,
      );
    });
    server.listen({ path: `\0zedops ${dev}:${ino}` }, resolve);
  });
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}
