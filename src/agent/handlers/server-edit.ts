import type { DesiredServer } from '../../protocol/entities/server.ts';
import { serverRebuild, serverRename } from '../../protocol/operations/server-edit.ts';
import { handleOnAgent, serverOf } from '../context.ts';
import type { Lifecycle } from '../servers/lifecycle.ts';

/** What the handlers of changes to a server need. */
export interface ServerEditHandlerDeps {
  readonly lifecycle: Pick<Lifecycle, 'rebuild' | 'rename'>;
  /** The folder in which a server's world lies. */
  readonly folderOf: (server: DesiredServer) => string;
}

/** Handlers of what changes a server's container. */
export function serverEditHandlers({ lifecycle, folderOf }: ServerEditHandlerDeps) {
  return [
    handleOnAgent(serverRebuild, ({ pull }, context) => {
      const { id, signal, progress: report } = context;
      return lifecycle.rebuild(serverOf(context), { pull }, { id, signal, report });
    }),
    handleOnAgent(serverRename, async (_, context) => {
      const server = serverOf(context);
      const { id, signal, progress: report } = context;
      await lifecycle.rename(server, { id, signal, report });
      return { name: server.name, folder: folderOf(server) };
    }),
  ];
}
