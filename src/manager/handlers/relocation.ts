import { ZedopsError } from '../../protocol/errors.ts';
import {
  agentWorldDescribe,
  agentWorldRead,
  agentWorldReadMany,
  relocationDescribe,
  relocationRead,
  relocationReadMany,
  relocationStep,
  serverTakeBack,
} from '../../protocol/operations/relocation.ts';
import {
  agentWorldLogList,
  agentWorldLogRead,
  relocationLogList,
  relocationLogRead,
} from '../../protocol/operations/relocation-log.ts';
import { handleOnManager, type ManagerContext } from '../gateway/context.ts';
import type { Relocations } from '../relocation/relocations.ts';
import type { createTakeBack } from '../relocation/take-back.ts';

/** Handlers of what the host a server goes to asks: pieces of its world, and to be taken a step further; and of taking back. */
export function relocationHandlers(relocations: Relocations, takeBack: ReturnType<typeof createTakeBack>) {
  return [
    handleOnManager(serverTakeBack, takeBack),
    handleOnManager(relocationDescribe, async (request, context) => {
      const link = await relocations.source(request.serverId, hostIdOf(context));
      return link.request(agentWorldDescribe, request, { signal: context.signal, onProgress: context.progress });
    }),
    handleOnManager(relocationRead, async (request, context) => {
      const link = await relocations.source(request.serverId, hostIdOf(context));
      return link.request(agentWorldRead, request, { signal: context.signal });
    }),
    handleOnManager(relocationReadMany, async (request, context) => {
      const link = await relocations.source(request.serverId, hostIdOf(context));
      return link.request(agentWorldReadMany, request, { signal: context.signal });
    }),
    handleOnManager(relocationLogList, async (request, context) => {
      const link = await relocations.source(request.serverId, hostIdOf(context));
      return link.request(agentWorldLogList, request, { signal: context.signal });
    }),
    handleOnManager(relocationLogRead, async (request, context) => {
      const link = await relocations.source(request.serverId, hostIdOf(context));
      return link.request(agentWorldLogRead, request, { signal: context.signal });
    }),
    handleOnManager(relocationStep, (request, context) =>
      relocations.step({ ...request, hostId: hostIdOf(context), report: context.progress, signal: context.signal }),
    ),
  ];
}

function hostIdOf({ agent }: Pick<ManagerContext, 'agent'>): string {
  if (!agent) throw new ZedopsError('FORBIDDEN', 'Only a host that is connected asks for a world');
  return agent.host.id;
}
