import type * as z from 'zod';
import type { DesiredServer, ObservedServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { serverRetry } from '../../protocol/operations/plan.ts';
import { serverCreate } from '../../protocol/operations/server.ts';
import { limitsFor } from '../../zomboid/images/image-template.ts';
import { hostOfServer, type ManagerContext, serverOf } from '../gateway/context.ts';
import { refuseImpossible } from '../preflight/preflight.ts';
import { inTransaction } from '../store/database.ts';
import { desiredServer, readEnvs, type StoredEnv, saveEnv } from '../store/server-env.ts';
import { changeServer, findServer, type ServerRecord, serversOnHost } from '../store/servers.ts';
import type { DesireDeps } from './desire-deps.ts';
import type { DesiredChange } from './desired-change.ts';
import { type DraftServer, draftServer, refusePlanned } from './new-server.ts';

type RetryRequest = z.output<typeof serverRetry.request>;

/** Says whether the last that was done with a server was a create that failed, and it did not become ready all the same. */
export function isFailedCreate(observed: ObservedServer | undefined): boolean {
  const subject = observed?.failure?.subject;
  return observed?.readyAt === undefined && (subject === serverCreate.subject || subject === serverRetry.subject);
}

/** Makes the change that a retry is: the same server, as a new revision with what someone changed about it. */
export async function retryChange(
  { db, sealing, catalog, mirror, preflight }: DesireDeps,
  request: RetryRequest,
  context: ManagerContext,
): Promise<DesiredChange> {
  const before = serverOf(context);
  if (before.deletedAt !== undefined || !isFailedCreate(mirror.find(before.id)?.observed)) {
    throw new ZedopsError('CONFLICT', `${before.name} is no create that failed, so there is nothing to retry`, {
      hint: `zedops server show ${before.name}`,
    });
  }
  const host = await hostOfServer(db, before);
  const kept = (await readEnvs(db, sealing, [before.id])).get(before.id) ?? { env: {}, secretKeys: [] };
  const draft = await draftRetry(request, before, kept, { catalog, host });
  const warnings = refuseImpossible(await preflight.plan({ draft, host, data: 'own' }));
  const { image, limits, game, power } = draft.server;
  const write = (
    change: Pick<ServerRecord, 'image' | 'limits' | 'game' | 'power'>,
    stored: StoredEnv,
    revision: number,
  ) =>
    inTransaction(db, async (tx) => {
      // Someone else may have changed it meanwhile.
      if ((await findServer(tx, before.id))?.revision !== revision) return undefined;
      const after = await changeServer(tx, before.id, change);
      await saveEnv(tx, sealing, before.id, stored);
      refusePlanned(draft.server, host, await serversOnHost(tx, host.id));
      return after;
    });
  const after = await write({ image, limits, game, power }, draft.stored, before.revision);
  if (!after) throw new ZedopsError('CONFLICT', `${before.name} was changed meanwhile`, { hint: 'try again' });
  const server: DesiredServer = await desiredServer(db, sealing, after);
  return {
    server,
    // Settings travel in the desired state alone: what a job keeps of its request has no secrets in it.
    input: { server: request.server },
    warnings,
    undoRefused: async () => (await write(before, kept, after.revision)) !== undefined,
    undoFailed: async () => false,
  };
}

/** What the server would be with the changes of a retry. @throws ZedopsError as {@link draftServer}. */
async function draftRetry(
  { env, set, image, limits, pull, start }: RetryRequest,
  { id, name, image: had, limits: hadLimits, power, createdAt }: ServerRecord,
  kept: StoredEnv,
  { catalog, host }: Pick<Parameters<typeof draftServer>[1], 'catalog' | 'host'>,
): Promise<DraftServer> {
  const template = await catalog.template(had.template);
  // A limit that came from Java's heap follows the heap.
  const { memoryMb, ...others } = hadLimits;
  const isDerived = limitsFor(template, kept.env, {}).memoryMb === memoryMb;
  const request = serverCreate.request.parse({
    name,
    image: image ?? `${had.template}:${had.reference.slice(had.reference.lastIndexOf(':') + 1)}`,
    env: { ...(env ?? kept.env), ...set },
    limits: { ...others, ...(isDerived || memoryMb === undefined ? {} : { memoryMb }), ...limits },
    pull: pull ?? (image === undefined ? had.pull : undefined),
    start: start ?? power === 'on',
  });
  return draftServer(request, { catalog, host, id, now: createdAt });
}
