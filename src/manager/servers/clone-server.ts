import type * as z from 'zod';
import { nearest } from '../../platform/did-you-mean.ts';
import { GameFacts, ServerLimits } from '../../protocol/entities/server.ts';
import { invalidInput, ZedopsError } from '../../protocol/errors.ts';
import { serverClone } from '../../protocol/operations/move.ts';
import { movePorts } from '../../zomboid/images/free-ports.ts';
import { checkEnv, gameFacts, limitsFor, secretKeys } from '../../zomboid/images/image-template.ts';
import { lacks } from '../gateway/authorize.ts';
import { hostOfServer, type ManagerContext, serverOf } from '../gateway/context.ts';
import { mayDo } from '../people/identity.ts';
import { claimedPorts } from '../preflight/port-conflicts.ts';
import { inTransaction } from '../store/database.ts';
import { desiredServer, readEnvs, saveEnv } from '../store/server-env.ts';
import { findServer, insertServer, type ServerRecord, serversOnHost } from '../store/servers.ts';
import { insertUnsettled } from '../store/unsettled.ts';
import type { DesireDeps } from './desire-deps.ts';
import type { DesiredChange } from './desired-change.ts';
import { type DraftServer, idOfNewServer, refusePlanned } from './new-server.ts';
import { undoNewServer } from './undo-new-server.ts';

type CloneDeps = Pick<DesireDeps, 'db' | 'sealing' | 'catalog' | 'mirror' | 'portBook' | 'clock'>;

/**
 * Puts a new server on the list that is as another one, but for its name, its ports and what someone wants otherwise. Its
 * host copies the world.
 * @throws ZedopsError FORBIDDEN for who may not create servers on that host, CONFLICT for a name or port that is taken.
 */
export async function cloneChange(deps: CloneDeps, input: unknown, context: ManagerContext): Promise<DesiredChange> {
  const { db, sealing, mirror } = deps;
  const request = serverClone.request.parse(input);
  const source = serverOf(context);
  const { identity } = context;
  // A grant on the source alone covers neither a new server beside it nor, with a narrow token, its settings.
  if (!mayDo(identity, 'server:create', { kind: 'host', hostId: source.hostId })) {
    throw lacks(serverClone.subject, 'server:create', source.hostName);
  }
  if (!mayDo(identity, 'server:read', { kind: 'server', hostId: source.hostId, serverId: source.id })) {
    throw lacks(serverClone.subject, 'server:read', source.name);
  }
  if (source.deletedAt !== undefined) {
    throw new ZedopsError('CONFLICT', `${source.name} was deleted`, { hint: 'zedops server list --deleted' });
  }
  context.about(request.name);
  const id = idOfNewServer(identity.actor, context.id);
  const again = await findServer(db, id);
  if (again?.id === id && again.name !== request.name) {
    throw new ZedopsError('CONFLICT', `The request ${context.id} has made another server already: ${again.name}`);
  }
  const made = again?.id === id ? again : await putOnList(deps, request, source, context.id, id);
  mirror.own(id, source.hostId);
  return {
    server: await desiredServer(db, sealing, made),
    // Env travels in the desired state alone: what a job keeps of its request has no secrets in it.
    input: { ...request, server: source.id, env: {} },
    ...undoNewServer({ db, mirror }, serverClone.subject, id),
  };
}

async function putOnList(
  { db, sealing, catalog, portBook, clock }: CloneDeps,
  request: z.output<typeof serverClone.request>,
  source: ServerRecord,
  requestId: string,
  id: string,
): Promise<ServerRecord> {
  const template = await catalog.template(source.image.template);
  const stored = (await readEnvs(db, sealing, [source.id])).get(source.id) ?? { env: {}, secretKeys: [] };
  const host = await hostOfServer(db, source);
  const { taken } = await portBook.all(host);
  const env = { ...stored.env, ...movePorts(template.image, stored.env, taken), ...request.env };
  const { server, stored: kept } = draft({ template, env, request, source, id, now: clock.now() });
  await portBook.refuse({ host, ports: claimedPorts(server.game, host), exceptServerId: id, name: server.name });
  const made = await inTransaction(db, async (tx) => {
    await insertServer(tx, server);
    await insertUnsettled(tx, { serverId: id, requestId, subject: serverClone.subject, hostId: source.hostId });
    refusePlanned(server, host, await serversOnHost(tx, source.hostId));
    await saveEnv(tx, sealing, id, kept);
    return findServer(tx, id);
  });
  if (!made) throw new Error('a server was not there after it was made');
  return made;
}

interface Draft {
  readonly template: Parameters<typeof gameFacts>[0];
  readonly env: Readonly<Record<string, string>>;
  readonly request: z.output<typeof serverClone.request>;
  readonly source: ServerRecord;
  readonly id: string;
  readonly now: number;
}

function draft({ template, env, request, source, id, now }: Draft): Pick<DraftServer, 'server' | 'stored'> {
  const { name, start } = request;
  const faults = checkEnv(template, env, nearest).slice(0, 20);
  if (faults.length > 0) {
    const list = faults.map(({ message }) => message).join('; ');
    throw new ZedopsError('INVALID_INPUT', `The env of ${name} does not fit the image ${template.image.id}: ${list}`, {
      hint: `zedops server template ${template.image.id} shows every setting`,
    });
  }
  const facts = gameFacts(template, env, source.game.worldName);
  // The files of the world bear its name, and they are copied as they are.
  if (facts.worldName !== source.game.worldName) {
    throw new ZedopsError(
      'INVALID_INPUT',
      `A clone of ${source.name} has its world ${source.game.worldName}, under that name`,
      {
        hint: `leave out ${template.image.world.env ?? 'the name of the world'}`,
      },
    );
  }
  const game = GameFacts.safeParse(facts);
  if (!game.success) throw invalidInput(`The image template ${template.image.id}`, game.error);
  const limits = ServerLimits.safeParse(limitsFor(template, env, source.limits));
  if (!limits.success) throw invalidInput(`The limits of ${name}`, limits.error);
  return {
    server: {
      id,
      name,
      hostId: source.hostId,
      power: start ? 'on' : 'off',
      image: source.image,
      limits: limits.data,
      game: game.data,
      createdAt: now,
    },
    stored: { env, secretKeys: secretKeys(template, env) },
  };
}
