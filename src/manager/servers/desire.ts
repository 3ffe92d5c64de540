import type * as z from 'zod';
import type { Job } from '../../protocol/entities/job.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverAdopt } from '../../protocol/operations/adoption.ts';
import { serverClone } from '../../protocol/operations/move.ts';
import { serverRetry } from '../../protocol/operations/plan.ts';
import { serverRelocate } from '../../protocol/operations/relocation.ts';
import { serverCreate, serverKill, serverRestart, serverStart, serverStop } from '../../protocol/operations/server.ts';
import { serverRename } from '../../protocol/operations/server-edit.ts';
import { serverDelete, serverPurge, serverRestore } from '../../protocol/operations/server-removal.ts';
import { adoptChange } from '../adoption/adopt-change.ts';
import { hostOf, hostOfServer, type ManagerContext, serverOf } from '../gateway/context.ts';
import { claimedPorts } from '../preflight/port-conflicts.ts';
import { refuseImpossible } from '../preflight/preflight.ts';
import { type Db, inTransaction } from '../store/database.ts';
import { desiredServer, saveEnv } from '../store/server-env.ts';
import {
  changeServer,
  findServer,
  insertServer,
  purgeServer,
  type ServerChange,
  type ServerRecord,
  serversOnHost,
} from '../store/servers.ts';
import { dropUnsettled, insertUnsettled } from '../store/unsettled.ts';
import { cloneChange } from './clone-server.ts';
import type { DesireDeps } from './desire-deps.ts';
import type { DesiredChange } from './desired-change.ts';
import { draftServer, idOfNewServer, refusePlanned } from './new-server.ts';
import { deletionOf, noteRemoved, purgeOf, refuseDeleted, restorationOf } from './removal.ts';
import { renaming } from './rename.ts';
import { isFailedCreate, retryChange } from './retry.ts';
import { undoNewServer } from './undo-new-server.ts';

/** Writes what servers should be. The only writer. */
export interface Desire {
  /** Makes the change an operation means; undefined for one that changes nothing. @throws ZedopsError */
  change(subject: string, input: unknown, context: ManagerContext): Promise<DesiredChange | undefined>;
  /**
   * Has a server be on again whose stop was cancelled, unless it was changed since `before`; says whether it was done.
   */
  stopCancelled(before: ServerRecord): Promise<boolean>;
  /** What a server should be, as it is. */
  current(server: ServerRecord): Promise<DesiredServer>;
  /** Writes what follows from a job that its host has done. Telling it twice is no error. */
  done(job: Pick<Job, 'id' | 'subject' | 'serverId' | 'reply'>): Promise<void>;
  /** Writes that nothing of a request is left to be found out: it was taken back, or stays as it is. */
  settled(requestId: string): Promise<void>;
}

const nothing = async (): Promise<boolean> => false;

/** Makes the writer of the desired state. Whether someone may was checked before. */
export function createDesire(deps: DesireDeps): Desire {
  const { db, sealing, catalog, mirror, feeds, portBook, preflight, clock, retention } = deps;
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
    const draft = await draftServer(request, { catalog, host, id, now: clock.now() });
    const data = request.useExistingData ? 'existing' : 'new';
    const warnings = refuseImpossible(await preflight.plan({ draft, host, data }));
    const { server, stored } = draft;
    const made = await inTransaction(db, async (tx) => {
      await insertServer(tx, server);
      await insertUnsettled(tx, {
        serverId: id,
        requestId: context.id,
        subject: serverCreate.subject,
        hostId: host.id,
      });
      refusePlanned(server, host, await serversOnHost(tx, host.id));
      await saveEnv(tx, sealing, id, stored);
      return findServer(tx, id);
    });
    if (!made) throw new Error('a server was not there after it was made');
    mirror.own(id, host.id);
    return { ...(await kept(made)), input, warnings };
  };

  const kept = async (server: ServerRecord): Promise<Omit<DesiredChange, 'input'>> => ({
    server: await current(server),
    ...undoNewServer({ db, mirror }, serverCreate.subject, server.id),
  });

  /** A change of one's own, and how to take it back unless someone else has changed the server meanwhile. */
  const changed = async (
    { id, name }: ServerRecord,
    decide: (now: ServerRecord, tx: Db) => ServerChange | Promise<ServerChange>,
    input: unknown,
    earlierOf: (before: ServerRecord) => ServerChange = usualState,
  ): Promise<Omit<DesiredChange, 'undoFailed'>> => {
    // What the request was authorised with may be old by now: another may have deleted or restored the server.
    const { before, after } = await inTransaction(db, async (tx) => {
      const there = await findServer(tx, id);
      const now = there && (await changeServer(tx, id, await decide(there, tx)));
      if (!now) throw new ZedopsError('NOT_FOUND', `There is no server ${name} any more`);
      return { before: there, after: now };
    });
    const earlier = earlierOf(before);
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

  /** A deleted server gets its ports back where nobody has taken them meanwhile, on its host or by the fleet's plan. */
  const restore = async (before: ServerRecord, input: unknown): Promise<DesiredChange> => {
    restorationOf(before);
    const host = await hostOfServer(db, before);
    const { id, name, game } = before;
    await portBook.refuse({ host, ports: claimedPorts(game, host), exceptServerId: id, name });
    const decide = async (server: ServerRecord, tx: Db): Promise<ServerChange> => {
      const change = restorationOf(server);
      refusePlanned(server, host, await serversOnHost(tx, host.id));
      return change;
    };
    return undoneWhenFailed(await changed(before, decide, input));
  };

  return {
    current,
    stopCancelled: ({ id, revision }) =>
      inTransaction(db, async (tx) => {
        const now = await findServer(tx, id);
        if (now?.revision !== revision || now.power === 'on' || now.deletedAt !== undefined) return false;
        await changeServer(tx, id, { power: 'on' });
        return true;
      }),
    async done(job) {
      await noteRemoved({ db, mirror, feeds, now: clock.now() }, job);
      await dropUnsettled(db, job.id);
    },
    settled: (requestId) => dropUnsettled(db, requestId),
    async change(subject, input, context) {
      if (subject === serverCreate.subject) return create(serverCreate.request.parse(input), context);
      if (subject === serverAdopt.subject) return adoptChange(deps, input, context);
      if (subject === serverClone.subject) return cloneChange(deps, input, context);
      if (subject === serverRelocate.subject) return deps.relocations.change(input, context);
      switch (subject) {
        case serverRetry.subject:
          return retryChange(deps, serverRetry.request.parse(input), context);
        case serverStart.subject:
        case serverRestart.subject: {
          const on = (server: ServerRecord): ServerChange => {
            refuseDeleted(server);
            return { power: 'on' };
          };
          return { ...(await changed(serverOf(context), on, input)), undoFailed: nothing };
        }
        case serverStop.subject:
        case serverKill.subject:
          return { ...(await changed(serverOf(context), () => ({ power: 'off' }), input)), undoFailed: nothing };
        case serverDelete.subject: {
          const { keep } = serverDelete.request.parse(input);
          const decide = (server: ServerRecord): ServerChange =>
            deletionOf(server, { keep, retention, now: clock.now() });
          const { id } = serverOf(context);
          const observed = mirror.find(id)?.observed;
          const neverWas = isFailedCreate(observed) && observed?.container === undefined;
          return {
            ...undoneWhenFailed(await changed(serverOf(context), decide, input)),
            async whenDone(reply) {
              // What never had a container nor data has nothing to be kept for: its name is free at once.
              if (!neverWas || !serverDelete.reply.parse(reply).isEmpty) return;
              if (await purgeServer(db, id, clock.now())) mirror.disown(id);
            },
          };
        }
        case serverRestore.subject:
          return restore(serverOf(context), input);
        case serverPurge.subject: {
          const { confirm } = serverPurge.request.parse(input);
          const decide = (server: ServerRecord): ServerChange => purgeOf(server, confirm, clock.now());
          return undoneWhenFailed(await changed(serverOf(context), decide, input));
        }
        case serverRename.subject: {
          const request = serverRename.request.parse(input);
          const decide = (server: ServerRecord): ServerChange => {
            refuseDeleted(server);
            return renaming(server, request).change;
          };
          const earlierOf = (server: ServerRecord): ServerChange => renaming(server, request).back;
          return undoneWhenFailed(await changed(serverOf(context), decide, input, earlierOf));
        }
        default:
          return undefined;
      }
    },
  };
}

/** A server that could not be deleted is still there, and one that could not be restored is not: both shall be seen. */
function undoneWhenFailed(change: Omit<DesiredChange, 'undoFailed'>): DesiredChange {
  return { ...change, undoFailed: () => change.undoRefused(false) };
}

/** What starting, stopping and deleting change of a server, as it was before. */
function usualState({ power, deletedAt, purgeAt }: ServerRecord): ServerChange {
  return { power, deletedAt: deletedAt ?? null, purgeAt: purgeAt ?? null };
}
