import type * as z from 'zod';
import { ZedopsError } from '../../protocol/errors.ts';
import type { serverEdit } from '../../protocol/operations/server-edit.ts';
import { settingChanges } from '../../protocol/setting-changes.ts';
import { hostOfServer } from '../gateway/context.ts';
import type { Hub } from '../hosts/hub.ts';
import type { Mirror } from '../hosts/mirror.ts';
import type { PortBook } from '../preflight/port-book.ts';
import { claimedPorts } from '../preflight/port-conflicts.ts';
import type { Relocations } from '../relocation/relocations.ts';
import { type Db, inTransaction } from '../store/database.ts';
import { readEnvs, saveEnv } from '../store/server-env.ts';
import { changeServer, findServer, type ServerRecord, serversOnHost } from '../store/servers.ts';
import type { Sealing } from '../trust/sealing.ts';
import type { Catalog } from './catalog.ts';
import { type DraftEdit, draftEdit } from './draft-edit.ts';
import { refusePlanned } from './new-server.ts';

type EditRequest = z.output<typeof serverEdit.request>;
type EditReply = z.input<typeof serverEdit.reply>;

/** Changes the settings of a server, as its next revision; its host may be away. @throws ZedopsError */
export type Edit = (server: ServerRecord, request: EditRequest) => Promise<EditReply>;

/** What {@link createEdit} is made of. */
export interface EditDeps {
  readonly db: Db;
  readonly sealing: Sealing;
  readonly catalog: Catalog;
  readonly hub: Pick<Hub, 'find'>;
  readonly mirror: Pick<Mirror, 'find'>;
  /** Tells a host anew what its servers should be. */
  readonly tellAgain: (hostId: string) => void;
  readonly portBook: Pick<PortBook, 'refuse'>;
  readonly relocations: Pick<Relocations, 'refuseMoving'>;
}

/** Makes what edits servers. Whether someone may was checked before. */
export function createEdit({ db, sealing, catalog, hub, mirror, tellAgain, portBook, relocations }: EditDeps): Edit {
  /** @throws ZedopsError CONFLICT when someone else has a port that the server is to have. */
  const refuseTaken = async (server: ServerRecord, { game }: DraftEdit): Promise<void> => {
    const host = await hostOfServer(db, server);
    const { id, name } = server;
    await portBook.refuse({ host, ports: claimedPorts(game, host), exceptServerId: id, name });
  };
  const write = (server: ServerRecord, draft: DraftEdit, applies: boolean): Promise<ServerRecord> =>
    inTransaction(db, async (tx) => {
      const now = await findServer(tx, server.id);
      if (now?.revision !== server.revision) throw changedMeanwhile(server, now?.revision);
      await relocations.refuseMoving(now, tx);
      const { image, limits, game, stored } = draft;
      if (!samePorts(server, draft)) {
        // The host was asked before; here nobody else can take them by the fleet's plan.
        const host = await hostOfServer(tx, server);
        refusePlanned({ ...server, game }, host, await serversOnHost(tx, host.id));
      }
      await saveEnv(tx, sealing, server.id, stored);
      const after = await changeServer(tx, server.id, { image, limits, game, ...(applies ? { applies } : {}) });
      if (!after) throw changedMeanwhile(server, undefined);
      return after;
    });

  const appliesHow = (server: ServerRecord, later: boolean): EditReply['applies'] => {
    if (server.power === 'off' || later) return 'start';
    if (hub.find(server.hostId) === undefined) return 'return';
    const status = mirror.find(server.id)?.observed.container?.status;
    return status === 'running' || status === 'paused' ? 'rebuild' : 'start';
  };

  return async (server, request) => {
    const { name, revision } = server;
    if (server.deletedAt !== undefined) throw isDeleted(server);
    if (request.revision !== undefined && request.revision !== revision) {
      throw changedMeanwhile({ ...server, revision: request.revision }, revision);
    }
    const stored = (await readEnvs(db, sealing, [server.id])).get(server.id) ?? { env: {}, secretKeys: [] };
    const draft = await draftEdit(request, { catalog, server, stored });
    const changes = [...settingChanges({ ...server, ...stored }, { ...server, ...draft, ...draft.stored })];
    // A world that is not there cannot fail to load.
    const risks = mirror.find(server.id)?.observed.data === 'missing' ? [] : [...draft.risks];
    const applies = changes.length === 0 ? 'nothing' : appliesHow(server, request.later);
    const reply = { name, changes, risks, warnings: warningsOf(server, draft), applies } as const;
    if (!samePorts(server, draft)) await refuseTaken(server, draft);
    if (request.dryRun || changes.length === 0) return { ...reply, revision };
    if (risks.length > 0 && !request.acceptRisks) throw tooRisky(server, risks);
    const after = await write(server, draft, applies === 'return');
    tellAgain(server.hostId);
    return { ...reply, revision: after.revision };
  };
}

function samePorts({ game }: ServerRecord, draft: DraftEdit): boolean {
  return JSON.stringify(game.ports) === JSON.stringify(draft.game.ports);
}

function warningsOf(server: ServerRecord, { limits, game }: DraftEdit): string[] {
  const moved = game.ports.filter(
    ({ name, port }) => !server.game.ports.some((before) => before.name === name && before.port === port),
  );
  return [
    ...(moved.length > 0
      ? [`players find it at port ${moved.map(({ port }) => port).join(' and ')} from then on`]
      : []),
    ...(limits.memoryMb === undefined && server.limits.memoryMb !== undefined
      ? ['it has no memory limit of its own any more, and may take nearly all of its host’s']
      : []),
  ];
}

function isDeleted({ name, hostName }: ServerRecord): ZedopsError {
  return new ZedopsError('CONFLICT', `${name} was deleted; its world is kept on ${hostName}`, {
    hint: 'zedops server list --deleted',
  });
}

function changedMeanwhile({ name, revision }: ServerRecord, now: number | undefined): ZedopsError {
  const what = now === undefined ? 'it is gone' : `it is at revision ${now}, and this edit began at ${revision}`;
  return new ZedopsError('CONFLICT', `Somebody changed ${name} meanwhile: ${what}`, {
    hint: `zedops server show ${name}`,
  });
}

function tooRisky({ name }: ServerRecord, risks: readonly string[]): ZedopsError {
  return new ZedopsError(
    'CONFLICT',
    `The world of ${name} may not load afterwards: ${risks.join('; ')}. ZedOps makes no backup before it`,
    { hint: 'copy its folder first, and say --yes if it is meant' },
  );
}
