import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { Sealing } from '../trust/sealing.ts';
import { type Db, inTransaction, pieces } from './database.ts';
import { type ServerRecord, serversOnHost } from './servers.ts';

/** The env of a server, and which of its keys are secret. */
export interface StoredEnv {
  readonly env: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
}

/** Replaces the env of a server. Secret values are sealed. */
export async function saveEnv(
  db: Db,
  sealing: Sealing,
  serverId: string,
  { env, secretKeys }: StoredEnv,
): Promise<void> {
  const rows = Object.entries(env).map(([key, value]) => {
    const secret = secretKeys.includes(key);
    return {
      serverId,
      key,
      value: secret ? sealing.seal(place(serverId, key), value) : value,
      secret: secret ? (1 as const) : (0 as const),
    };
  });
  await inTransaction(db, async (tx) => {
    await tx.deleteFrom('serverEnv').where('serverId', '=', serverId).execute();
    for (const some of pieces(rows)) await tx.insertInto('serverEnv').values(some).execute();
  });
}

/** The env of servers by id, in clear, with keys in order: for their agents only. A server without any has an empty one. */
export async function readEnvs(
  db: Db,
  sealing: Sealing,
  serverIds: readonly string[],
): Promise<ReadonlyMap<string, StoredEnv>> {
  const values = new Map(serverIds.map((id) => [id, new Map<string, string>()]));
  const secrets = new Map(serverIds.map((id) => [id, new Set<string>()]));
  for (const some of pieces(serverIds)) {
    const rows = await db.selectFrom('serverEnv').selectAll().where('serverId', 'in', some).orderBy('key').execute();
    for (const { serverId, key, value, secret } of rows) {
      values.get(serverId)?.set(key, secret === 1 ? sealing.open(place(serverId, key), value) : value);
      if (secret === 1) secrets.get(serverId)?.add(key);
    }
  }
  return new Map(
    serverIds.map((id) => [
      id,
      { env: Object.fromEntries(values.get(id) ?? []), secretKeys: [...(secrets.get(id) ?? [])] },
    ]),
  );
}

/** All that an agent is told of one server. */
export async function desiredServer(db: Db, sealing: Sealing, server: ServerRecord): Promise<DesiredServer> {
  return toDesired(server, (await readEnvs(db, sealing, [server.id])).get(server.id));
}

/** All that an agent is told of its servers. */
export async function desiredOnHost(db: Db, sealing: Sealing, hostId: string): Promise<DesiredServer[]> {
  const servers = await serversOnHost(db, hostId);
  const envs = await readEnvs(
    db,
    sealing,
    servers.map(({ id }) => id),
  );
  return servers.map((server) => toDesired(server, envs.get(server.id)));
}

function toDesired(server: ServerRecord, stored: StoredEnv | undefined): DesiredServer {
  const { id, name, revision, power, image, game, limits, deletedAt, folder, applyRevision } = server;
  return {
    id,
    name,
    revision,
    power,
    image,
    env: { ...stored?.env },
    secretKeys: [...(stored?.secretKeys ?? [])],
    game,
    limits,
    deleted: deletedAt !== undefined,
    ...(folder === undefined ? {} : { folder }),
    ...(applyRevision === undefined ? {} : { applyRevision }),
  };
}

function place(serverId: string, key: string): string {
  return `server_env/${serverId}/${key}`;
}
