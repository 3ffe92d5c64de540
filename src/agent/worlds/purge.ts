import { lstat, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { isMissing } from '../../platform/files/atomic-file.ts';
import type { Step } from '../../protocol/entities/job.ts';
import { type DesiredServer, ServerName } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { serverFolder } from '../spec/server-folders.ts';
import { isOwnFolder } from './ownership.ts';
import { type Removed, removeTree, setAside } from './remove-tree.ts';

/** What {@link createPurge} is made of. */
export interface PurgeDeps {
  readonly runtime: Pick<Runtime, 'boundTo'>;
  /** The data root a server's folder is in. */
  readonly rootOf: (server: DesiredServer) => string;
  readonly clock: Clock;
}

/** What removing a server's data is told. */
export interface Purging {
  readonly report: (step: Step) => void;
  readonly signal: AbortSignal;
}

/** Removes the data of servers. Nothing else in ZedOps ever does. */
export interface Purge {
  /**
   * Removes a server's folder. Refuses instead of guessing: only its own, only below the data root, and only while no
   * container is bound to it. Once it is moved aside it cannot be cancelled; after a crash it goes on.
   * @throws ZedopsError
   */
  remove(server: DesiredServer, purging: Purging): Promise<Removed & { readonly folder: string }>;
  /** Makes sure that a server's folder is there and its own. @throws ZedopsError NOT_FOUND, CONFLICT, FORBIDDEN */
  checkKept(server: DesiredServer): Promise<string>;
}

/** Makes what removes the data of servers. */
export function createPurge({ runtime, rootOf, clock }: PurgeDeps): Purge {
  /** The server's folder and where it is moved before it is removed, with the data root's own links resolved. */
  const placesOf = async (server: DesiredServer): Promise<{ readonly folder: string; readonly aside: string }> => {
    const { id } = server;
    const name = ServerName.safeParse(server.folder ?? server.name);
    if (!name.success || !/^[A-Za-z0-9_-]{1,64}$/.test(id)) {
      throw new ZedopsError(
        'FORBIDDEN',
        `"${(server.folder ?? server.name).slice(0, 64)}" is no name of a server, so no folder is its own`,
      );
    }
    const dataRoot = rootOf(server);
    const root = await realpath(dataRoot).catch((cause: unknown) => {
      throw new ZedopsError('NOT_FOUND', `The data root ${dataRoot} is not there`, {
        hint: 'mount its disk, or set agent.dataRoot',
        cause,
      });
    });
    const folder = serverFolder(server, root);
    if (dirname(folder) !== root || root === '/') {
      throw new ZedopsError('FORBIDDEN', `${folder} is not directly below the data root ${root}`);
    }
    return { folder, aside: join(root, `.purging-${id}`) };
  };

  const checkOwn = async (folder: string, { id, name }: DesiredServer): Promise<void> => {
    if (await isOwnFolder(folder, id)) return;
    throw new ZedopsError('FORBIDDEN', `${folder} does not say that it belongs to ${name}, so it is left alone`, {
      hint: 'look at it on the host; it is removed by hand, or not at all',
    });
  };

  const checkUnbound = async (folder: string, name: string): Promise<void> => {
    const [holder, ...others] = await runtime.boundTo(folder);
    if (holder === undefined) return;
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    throw new ZedopsError('CONFLICT', `The data of ${name} in ${folder} is bound into the container ${holder}${more}`, {
      hint: `remove that container first: docker rm ${holder}`,
    });
  };

  return {
    async remove(server, { report, signal }) {
      const { name } = server;
      const { folder, aside } = await placesOf(server);
      report({ step: 'checking whose data it is' });
      await checkUnbound(folder, name);
      await checkUnbound(aside, name);
      if (await isThere(folder)) {
        await checkReal(folder);
        await checkOwn(folder, server);
        signal.throwIfAborted();
        await setAside(folder, aside);
      } else if (await isThere(aside)) {
        await checkReal(aside);
      }
      report({ step: 'removing the data' });
      const removed = await removeTree(aside, {
        report: ({ files }) => report({ step: `removing the data: ${files} files are gone` }),
        now: () => clock.steady(),
      });
      return { folder, ...removed };
    },
    async checkKept(server) {
      const { folder, aside } = await placesOf(server);
      if (await isThere(aside)) {
        throw new ZedopsError('CONFLICT', `The data of ${server.name} is purged already, in part or whole`, {
          hint: `zedops server purge ${server.name}`,
        });
      }
      if (!(await isThere(folder))) {
        throw new ZedopsError('NOT_FOUND', `The data of ${server.name} is not in ${folder} any more`, {
          hint: 'put it back there; without it a restored server would begin a new world',
        });
      }
      await checkReal(folder);
      await checkOwn(folder, server);
      return folder;
    },
  };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function checkReal(folder: string): Promise<void> {
  const there = await lstat(folder);
  if (there.isDirectory()) return;
  const what = there.isSymbolicLink() ? 'a symbolic link' : 'not a folder';
  throw new ZedopsError('FORBIDDEN', `${folder} is ${what}, so it is left alone`, {
    hint: 'look at it on the host; ZedOps removes only folders it made',
  });
}
