import { ZedopsError } from '../../protocol/errors.ts';
import { serverSync } from '../../protocol/operations/server-state.ts';
import { deriveState } from '../../protocol/server-state.ts';
import { handleOnAgent, serverOf } from '../context.ts';
import type { EvidenceKeeper } from '../servers/evidence.ts';
import type { Looker } from '../servers/looker.ts';
import type { Observer } from '../servers/observer.ts';

/** What the handler that looks at a server on demand needs. */
export interface ServerStateHandlerDeps {
  readonly looker: Pick<Looker, 'lookAnew'>;
  readonly evidence: Pick<EvidenceKeeper, 'probe'>;
  readonly observer: Pick<Observer, 'find'>;
}

/** Handlers of what people ask about how a server is right now. */
export function serverStateHandlers({ looker, evidence, observer }: ServerStateHandlerDeps) {
  return [
    handleOnAgent(serverSync, async (_, context) => {
      const server = serverOf(context);
      await looker.lookAnew(server);
      await evidence.probe(server);
      const observed = observer.find(server.id);
      if (!observed) throw new ZedopsError('NOT_FOUND', `This host does not know ${server.name}`);
      return { ...deriveState({ desired: server, observed, hostOnline: true }), observed };
    }),
  ];
}
