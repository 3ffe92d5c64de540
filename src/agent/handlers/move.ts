import type { DesiredServer } from '../../protocol/entities/server.ts';
import { serverClone, serverMove } from '../../protocol/operations/move.ts';
import { handleOnAgent, serverOf } from '../context.ts';
import type { Reserve } from '../servers/exclusive.ts';
import type { Doing } from '../servers/lifecycle.ts';
import type { Registry } from '../servers/registry.ts';
import type { Cloned } from '../worlds/clone.ts';
import type { Moved } from '../worlds/move.ts';

/** What the handlers of moves and clones need. */
export interface MoveHandlerDeps {
  readonly registry: Pick<Registry, 'get'>;
  readonly reserve: Reserve;
  readonly clone: (source: DesiredServer, server: DesiredServer, isLive: boolean, doing: Doing) => Promise<Cloned>;
  readonly move: (server: DesiredServer, path: string, doing: Doing) => Promise<Moved>;
}

/** Handlers of what takes a world to another place. */
export function moveHandlers({ registry, reserve, clone, move }: MoveHandlerDeps) {
  return [
    handleOnAgent(serverClone, async (input, context) => {
      const server = serverOf(context);
      const source = registry.get(input.server);
      const { id, actor, progress: report, signal } = context;
      // The lock of the new server is held already; nobody starts, moves or deletes the other one meanwhile.
      const release = reserve(source, { id, subject: serverClone.subject, actor: actor.name });
      try {
        const cloned = await clone(source, server, input.live, { report, signal });
        return { id: server.id, name: server.name, ports: server.game.ports, ...cloned };
      } finally {
        release();
      }
    }),
    handleOnAgent(serverMove, async ({ path }, context) => {
      const server = serverOf(context);
      return { name: server.name, ...(await move(server, path, { report: context.progress, signal: context.signal })) };
    }),
  ];
}
