import { chmod, lstat, mkdtemp, rename, rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { isMissing, makePrivateFolder, privateFile, systemErrorCode } from '../../platform/files/atomic-file.ts';
import { ZedopsError } from '../../protocol/errors.ts';

/** Bytes of a path that fit into a `sockaddr_un`, see unix(7). */
const longestPath = 107;

/**
 * Listens on a Unix socket that only its owner can open, and takes the place of one that a dead manager left behind. It is
 * made in a folder of its own, so that nobody can open it before its mode is set. The returned function removes it.
 * @throws ZedopsError CONFLICT where a manager answers there already.
 */
export async function listenOnOwnerSocket(server: Server, path: string): Promise<() => Promise<void>> {
  if (Buffer.byteLength(path) > longestPath) {
    throw new ZedopsError('INVALID_INPUT', `${path} is too long for a socket, which may have ${longestPath} bytes`, {
      hint: 'set ZEDOPS_HOME to a shorter folder',
    });
  }
  await makePrivateFolder(dirname(path));
  await refuseUnlessFree(path);
  const folder = await mkdtemp(join(dirname(path), '.s'));
  try {
    const made = join(folder, 's');
    await listen(server, made);
    await chmod(made, privateFile);
    await rename(made, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const { ino } = await lstat(path);
  return async () => {
    // By now it may be the socket of another manager.
    if ((await inodeOf(path)) === ino) await rm(path, { force: true });
  };
}

async function refuseUnlessFree(path: string): Promise<void> {
  const stats = await lstat(path).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!stats) return;
  if (!stats.isSocket()) {
    throw new ZedopsError('CONFLICT', `${path} is there and is no socket`, { hint: 'move it out of the way' });
  }
  if (await isAnswered(path)) {
    throw new ZedopsError('CONFLICT', `A manager runs already: it answers on ${path}`, {
      hint: 'stop it first, or give this one its own ZEDOPS_HOME',
    });
  }
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      const code = systemErrorCode(error);
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(false);
      else if (code === 'EAGAIN') resolve(true);
      else reject(new ZedopsError('FORBIDDEN', `${path} cannot be opened: ${error.message}`, { cause: error }));
    });
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function inodeOf(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).ino;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
