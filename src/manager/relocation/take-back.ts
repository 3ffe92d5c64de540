import { ZedopsError } from '../../protocol/errors.ts';
import { agentWorldStep, serverRelocate } from '../../protocol/operations/relocation.ts';
import { type ManagerContext, serverOf } from '../gateway/context.ts';
import type { Hub } from '../hosts/hub.ts';
import { refuseDeleted } from '../servers/removal.ts';
import type { Db } from '../store/database.ts';
import { findHost } from '../store/hosts.ts';
import { findRelocation, takeBackRelocation } from '../store/relocations.ts';
import { desiredServer } from '../store/server-env.ts';
import type { Sealing } from '../trust/sealing.ts';
import type { Relocations } from './relocations.ts';

/** What {@link createTakeBack} is made of. */
export interface TakeBackDeps {
  readonly db: Db;
  readonly sealing: Sealing;
  readonly hub: Pick<Hub, 'find'>;
  readonly relocations: Pick<Relocations, 'target' | 'takeBack'>;
}

type TakeBackContext = Pick<ManagerContext, 'identity' | 'server' | 'id' | 'signal'> & {
  readonly progress: (step: { step: string }) => void;
};

/** What became of a server that was taken back. */
export interface TakenBack {
  readonly name: string;
  readonly fromHost: string;
  readonly keptSince?: string;
  readonly done: boolean;
  readonly problem?: string;
}

/**
 * Makes what takes a server back from a host that is gone for good. It must never run in two places: the host it is on
 * must be one that was revoked, which says that it is gone and keeps it from ever being heard again.
 */
export function createTakeBack({ db, sealing, hub, relocations }: TakeBackDeps) {
  return async (input: { readonly toHost: string }, context: TakeBackContext): Promise<TakenBack> => {
    const server = serverOf(context);
    const { id, name, hostName } = server;
    refuseDeleted(server);
    const first = await relocations.target(serverRelocate.request.parse({ ...input, server: id }), context);
    if (server.hostId === first.id) {
      throw new ZedopsError('CONFLICT', `${name} is on ${hostName} already`, { hint: `zedops server show ${name}` });
    }
    const host = await findHost(db, server.hostId);
    if (host?.state !== 'revoked') {
      const isOnline = hub.find(server.hostId) !== undefined;
      const why = isOnline ? `${hostName} is online, and ${name} is there` : `${name} may still run on ${hostName}`;
      throw new ZedopsError('CONFLICT', `${why}: it must never run in two places`, {
        hint: isOnline
          ? `zedops server move ${name} --to-host ${first.name}`
          : `zedops host revoke ${hostName} says that it is gone for good; look that it is switched off first`,
      });
    }
    const under = await findRelocation(db, id);
    if (under && under.fromHost !== first.id) {
      const kept = await findHost(db, under.fromHost);
      throw new ZedopsError('CONFLICT', `${name} came to ${hostName} from ${kept?.name ?? 'another host'}`, {
        hint: `add --to-host ${kept?.name ?? ''}`.trim(),
      });
    }
    const link = hub.find(first.id);
    if (!link) throw new ZedopsError('UNREACHABLE', `${first.name} is offline, and the world it kept is there`);
    if (!link.knows(agentWorldStep.subject)) {
      throw new ZedopsError('UNSUPPORTED', `The agent of ${first.name} cannot take a server back`, {
        hint: 'upgrade the agent',
      });
    }
    const job = { jobId: context.id, actor: context.identity.actor.name };
    const desired = await desiredServer(db, sealing, server);
    const { signal } = context;
    const { keptSince } = await link.request(agentWorldStep, { server: desired, ...job, step: 'kept' }, { signal });
    context.progress({ step: `taking it back to ${first.name}` });
    const taken = { serverId: id, ...job, fromHost: first.id, toHost: server.hostId };
    const relocation = await takeBackRelocation(db, taken, under);
    if (!relocation) throw new ZedopsError('CONFLICT', `${name} was changed meanwhile`, { hint: 'try again' });
    // From here on it goes on by itself, also after a restart of the manager.
    const outcome = await relocations.takeBack(relocation);
    return { name, fromHost: hostName, ...(keptSince === undefined ? {} : { keptSince }), ...outcome };
  };
}
