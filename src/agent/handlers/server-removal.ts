import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverCheck, serverDelete, serverPurge, serverRestore } from '../../protocol/operations/server-removal.ts';
import { handleOnAgent, serverOf } from '../context.ts';
import type { Lifecycle } from '../servers/lifecycle.ts';
import type { Looker } from '../servers/looker.ts';
import type { WorldChecks } from '../worlds/check-world.ts';
import type { Originals } from '../worlds/originals.ts';
import type { Purge } from '../worlds/purge.ts';

/** What the handlers of deleting, restoring, purging and checking need. */
export interface RemovalHandlerDeps {
  readonly lifecycle: Lifecycle;
  readonly looker: Pick<Looker, 'look'>;
  readonly purge: Purge;
  readonly originals: Pick<Originals, 'removeOf'>;
  readonly checks: WorldChecks;
  readonly folderOf: (server: DesiredServer) => string;
  /** Says whether there is nothing in that folder. */
  readonly isBare: (server: DesiredServer) => Promise<boolean>;
  readonly worldPresent: (server: DesiredServer) => Promise<boolean>;
  /** Forgets all this host keeps of a server besides its data. */
  readonly forget: (server: DesiredServer) => Promise<void>;
}

/** Handlers of the end of a server's life, and of looking at its world. */
export function removalHandlers(deps: RemovalHandlerDeps) {
  const { lifecycle, looker, purge, originals, checks, folderOf, isBare, worldPresent, forget } = deps;
  return [
    handleOnAgent(serverDelete, async (_, context) => {
      const server = serverOf(context);
      const stop = await lifecycle.remove(server, { report: context.progress, signal: context.signal });
      return {
        name: server.name,
        keptAt: folderOf(server),
        ...((await isBare(server)) ? { isEmpty: true } : {}),
        ...(stop.ended === 'was-stopped' ? {} : { stop }),
      };
    }),
    handleOnAgent(serverRestore, async (_, context) => {
      const server = serverOf(context);
      context.progress({ step: 'looking for the data that was kept' });
      await purge.checkKept(server);
      const { state } = await lifecycle.create(server, { report: context.progress, signal: context.signal });
      const world = (await worldPresent(server)) ? ('present' as const) : ('missing' as const);
      return { name: server.name, state, folder: folderOf(server), world };
    }),
    handleOnAgent(serverPurge, async (_, context) => {
      const server = serverOf(context);
      if (!server.deleted) throw notDeleted(server.name);
      const container = await looker.look(server);
      if (container) throw stillThere(server.name, container.name);
      const removed = await purge.remove(server, { report: context.progress, signal: context.signal });
      context.progress({ step: 'removing what its moves have left behind' });
      const { files, bytes } = await originals.removeOf(server.id);
      await forget(server);
      return { name: server.name, ...removed, files: removed.files + files, bytes: removed.bytes + bytes };
    }),
    handleOnAgent(serverCheck, async (_, context) => ({
      check: await checks.check(serverOf(context), context.progress),
    })),
  ];
}

/** The manager has said so before; a host does not take its word for what cannot be undone. */
function notDeleted(name: string): ZedopsError {
  return new ZedopsError('CONFLICT', `${name} is not deleted, and only a deleted server can be purged`, {
    hint: `zedops server delete ${name}`,
  });
}

function stillThere(name: string, container: string): ZedopsError {
  return new ZedopsError('CONFLICT', `${name} still has its container ${container}, so its data is not removed`, {
    hint: `zedops server delete ${name}`,
  });
}
