import type * as z from 'zod';
import type { Clock } from '../platform/clock.ts';
import type { DesiredServer } from '../protocol/entities/server.ts';
import { ZedopsError } from '../protocol/errors.ts';
import {
  serverCreate,
  serverDelete,
  serverKill,
  serverRestart,
  serverStart,
  serverStop,
} from '../protocol/operations/server.ts';
import { serverRename } from '../protocol/operations/server-edit.ts';
import type { Catalog } from './catalog.ts';
import { hostOf, type ManagerContext, serverOf } from './context.ts';
import type { Mirror } from './mirror.ts';
import { draftServer, idOfNewServer, refuseTakenPorts } from './new-server.ts';
import { renaming } from './rename.ts';
import type { Sealing } from './sealing.ts';
import { type Db, inTransaction } from './store/database.ts';
import { desiredServer, saveEnv } from './store/server-env.ts';
import {
  changeServer,
  dropServer,
  findServer,
  insertServer,
  type ServerChange,
  type ServerRecord,
  serversOnHost,
} from './store/servers.ts';

/** A change to what a server should be, made before its host is told of it. */
export interface DesiredChange {
  readonly server: DesiredServer;
  /** The request as the host is to have it. */
  readonly input: unknown;
  /** Takes the change back because the host never took it; says whether there was something to take back. */
  readonly undoRefused: () => Promise<boolean>;
  /** Takes back what must not stay when the host took it and failed. */
  readonly undoFailed: () => Promise<boolean>;
}

/** Writes what servers should be. The only writer. */
export interface Desire {
  /** Makes the change an operation means; undefined for one that changes nothing. @throws ZedopsError */
  change(subject: string, input: unknown, context: ManagerContext): Promise<DesiredChange | undefined>;
  /** What a server should be, as it is. */
  current(server: ServerRecord): Promise<DesiredServer>;
}

/** What {@link createDesire} is made of. */
export interface DesireDeps {
  readonly db: Db;
  readonly sealing: Sealing;
  readonly catalog: Catalog;
  readonly mirror: Pick<Mirror, 'own' | 'disown'>;
  readonly clock: Clock;
}

const nothing = async (): Promise<boolean> => false;

/** Makes the writer of the desired state. Whether someone may was checked before. */
export function createDesire({ db, sealing, catalog, mirror, clock }: DesireDeps): Desire {
  const current = (server: ServerRecord): Promise<DesiredServer> => desiredServer(db, sealing, server);

  const create = async (
    request: z.output<typeof serverCreate.request>,
    context: ManagerContext,
  ): Promise<DesiredChange> => {
    const host = hostOf(context);
    context.about(request.name);
    const id = idOfNewServer(context.identity.actor, context.id);
    // Env travels in the desired state alone: what a job keeps of its request has no secrets in it.
    const input = { ...request, env: {} };
    const again = await findServer(db, id);
    if (again?.id === id) {
      if (again.name === request.name && again.hostId === host.id) return { ...(await kept(again)), input };
      throw new ZedopsError('CONFLICT', `The request ${context.id} has made another server already: ${again.name}`);
    }
    const { server, stored } = await draftServer(request, { catalog, host, id, now: clock.now() });
    const made = await inTransaction(db, async (tx) => {
      await insertServer(tx, server);
      const onHost = await serversOnHost(tx, host.id);
      refuseTakenPorts(
        server.name,
        server.game.ports,
        onHost.filter((other) => other.id !== id),
      );
      await saveEnv(tx, sealing, id, stored);
      return findServer(tx, id);
    });
    if (!made) throw new Error('a server was not there after it was made');
    mirror.own(id, host.id);
    return { ...(await kept(made)), input };
  };

  const kept = async (server: ServerRecord): Promise<Omit<DesiredChange, 'input'>> => ({
    server: await current(server),
    async undoRefused() {
      await dropServer(db, server.id);
      mirror.disown(server.id);
      return true;
    },
    undoFailed: nothing,
  });

  /** A change of one's own, and how to take it back unless someone else has changed the server meanwhile. */
  const changed = async (
    before: ServerRecord,
    change: ServerChange,
    input: unknown,
    earlier: ServerChange = { power: before.power, deletedAt: before.deletedAt ?? null },
  ): Promise<Omit<DesiredChange, 'undoFailed'>> => {
    const after = await changeServer(db, before.id, change);
    if (!after) throw new ZedopsError('NOT_FOUND', `There is no server ${before.name} any more`);
    return {
      server: await current(after),
      input,
      undoRefused: () =>
        inTransaction(db, async (tx) => {
          const now = await findServer(tx, before.id);
          if (now?.revision !== after.revision) return false;
          await changeServer(tx, before.id, earlier);
          return true;
        }),
    };
  };

  return {
    current,
    async change(subject, input, context) {
      if (subject === serverCreate.subject) return create(serverCreate.request.parse(input), context);
      switch (subject) {
        case serverStart.subject:
        case serverRestart.subject: {
          const server = serverOf(context);
          refuseDeleted(server);
          return { ...(await changed(server, { power: 'on' }, input)), undoFailed: nothing };
        }
        case serverStop.subject:
          return { ...(await changed(serverOf(context), { power: 'off' }, input)), undoFailed: nothing };
        case serverKill.subject:
          return { ...(await changed(serverOf(context), { power: 'off' }, input)), undoFailed: nothing };
        case serverDelete.subject: {
          const deletion = { power: 'off', deletedAt: clock.now() } as const;
          const change = await changed(serverOf(context), deletion, input);
          // A server that could not be deleted is still there, and shall be seen.
          return { ...change, undoFailed: change.undoRefused };
        }
        case serverRename.subject: {
          const server = serverOf(context);
          refuseDeleted(server);
          const { change, back } = renaming(server, serverRename.request.parse(input));
          const renamed = await changed(server, change, input, back);
          return { ...renamed, undoFailed: renamed.undoRefused };
        }
        default:
          return undefined;
      }
    },
  };
}

function refuseDeleted({ name, hostName, deletedAt }: ServerRecord): void {
  if (deletedAt === undefined) return;
  throw new ZedopsError('CONFLICT', `${name} was deleted; its world is kept on ${hostName}`, {
    hint: 'zedops server list --deleted',
  });
}
