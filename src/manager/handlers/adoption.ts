import { hostUnmanaged, serverAdoptPlan } from '../../protocol/operations/adoption.ts';
import type { Adoptions } from '../adoption.ts';
import { handleOnManager, hostOf } from '../context.ts';
import { idOfNewServer, refuseTakenPorts } from '../new-server.ts';
import type { Db } from '../store/database.ts';
import { serversOnHost } from '../store/servers.ts';

/** What the handlers of adoption need. */
export interface AdoptionHandlerDeps {
  readonly db: Db;
  readonly adoptions: Adoptions;
}

/** Handlers of what comes before an adoption. */
export function adoptionHandlers({ db, adoptions }: AdoptionHandlerDeps) {
  return [
    handleOnManager(hostUnmanaged, async (_, context) => {
      const host = hostOf(context);
      return { host: host.name, ...(await adoptions.unmanaged(host)) };
    }),
    handleOnManager(serverAdoptPlan, async (request, context) => {
      const host = hostOf(context);
      const id = idOfNewServer(context.identity.actor, context.id);
      const { plan } = await adoptions.draft(request, host, { id, start: true });
      refuseTakenPorts(plan.name, plan.ports, await serversOnHost(db, host.id));
      return { plan };
    }),
  ];
}
