import { hostUnmanaged, serverAdoptPlan } from '../../protocol/operations/adoption.ts';
import type { Adoptions } from '../adoption/adoption.ts';
import { handleOnManager, hostOf } from '../gateway/context.ts';
import type { PortBook } from '../preflight/port-book.ts';
import { claimedPorts } from '../preflight/port-conflicts.ts';
import { idOfNewServer } from '../servers/new-server.ts';

/** What the handlers of adoption need. */
export interface AdoptionHandlerDeps {
  readonly portBook: Pick<PortBook, 'refuse'>;
  readonly adoptions: Adoptions;
}

/** Handlers of what comes before an adoption. */
export function adoptionHandlers({ portBook, adoptions }: AdoptionHandlerDeps) {
  return [
    handleOnManager(hostUnmanaged, async (_, context) => {
      const host = hostOf(context);
      return { host: host.name, ...(await adoptions.unmanaged(host)) };
    }),
    handleOnManager(serverAdoptPlan, async (request, context) => {
      const host = hostOf(context);
      const id = idOfNewServer(context.identity.actor, context.id);
      const { plan, draft } = await adoptions.draft(request, host, { id, start: true });
      const ports = claimedPorts(draft.server.game, host);
      await portBook.refuse({ host, ports, name: plan.name, exceptContainer: plan.original?.name });
      return { plan };
    }),
  ];
}
