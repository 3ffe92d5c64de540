import { ZedopsError } from '../../protocol/errors.ts';
import { serverAdopt } from '../../protocol/operations/adoption.ts';
import { hostOf, type ManagerContext } from '../gateway/context.ts';
import { claimedPorts } from '../preflight/port-conflicts.ts';
import type { DesireDeps } from '../servers/desire-deps.ts';
import type { DesiredChange } from '../servers/desired-change.ts';
import { idOfNewServer, refusePlanned } from '../servers/new-server.ts';
import { undoNewServer } from '../servers/undo-new-server.ts';
import { inTransaction } from '../store/database.ts';
import type { HostRecord } from '../store/hosts.ts';
import { desiredServer, saveEnv } from '../store/server-env.ts';
import { findServer, insertServer, type ServerRecord, serversOnHost } from '../store/servers.ts';
import { insertUnsettled } from '../store/unsettled.ts';
import type { DraftAdoption } from './adoption.ts';

/**
 * Puts a server that is adopted on the list. Its host puts everything back as it was where it fails; so does the list.
 * @throws ZedopsError for what cannot be adopted, and CONFLICT for a name or port that is taken.
 */
export async function adoptChange(deps: DesireDeps, input: unknown, context: ManagerContext): Promise<DesiredChange> {
  const { db, sealing, mirror, portBook, adoptions } = deps;
  const request = serverAdopt.request.parse(input);
  const host = hostOf(context);
  context.about(request.name);
  const id = idOfNewServer(context.identity.actor, context.id);
  const begun = async (server: ServerRecord, forHost: unknown): Promise<DesiredChange> => {
    const undo = undoNewServer({ db, mirror }, serverAdopt.subject, server.id);
    return { server: await desiredServer(db, sealing, server), input: forHost, ...undo };
  };
  const again = await findServer(db, id);
  if (again?.id === id) {
    // The same request, sent again because its host had not begun.
    if (again.name === request.name && again.hostId === host.id) {
      return begun(again, { ...request, env: {}, composeEnv: {} });
    }
    throw new ZedopsError('CONFLICT', `The request ${context.id} has made another server already: ${again.name}`);
  }
  const { draft, plan, input: forHost } = await adoptions.draft(request, host, { id, start: request.start });
  const { name, game } = draft.server;
  await portBook.refuse({ host, ports: claimedPorts(game, host), name, exceptContainer: plan.original?.name });
  const made = await put(deps, draft, host, context.id);
  mirror.own(id, host.id);
  return begun(made, { ...forHost, start: request.start });
}

async function put(
  { db, sealing }: DesireDeps,
  { server, stored }: DraftAdoption['draft'],
  host: HostRecord,
  requestId: string,
): Promise<ServerRecord> {
  const made = await inTransaction(db, async (tx) => {
    const onHost = await serversOnHost(tx, server.hostId);
    await insertServer(tx, server);
    await insertUnsettled(tx, { serverId: server.id, requestId, subject: serverAdopt.subject, hostId: host.id });
    refusePlanned(server, host, onHost);
    await saveEnv(tx, sealing, server.id, stored);
    return findServer(tx, server.id);
  });
  if (!made) throw new Error('a server was not there after it was adopted');
  return made;
}
