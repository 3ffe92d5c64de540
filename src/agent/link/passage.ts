import { resolve } from 'node:path';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { TellEvent } from '../events/journal.ts';
import { relocationHandlers } from '../handlers/relocation.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { RunExclusive } from '../servers/exclusive.ts';
import type { Hold } from '../servers/hold.ts';
import type { Registry } from '../servers/registry.ts';
import type { openSight } from '../sight.ts';
import { type ArriveDeps, arriveServer } from '../worlds/arrive-host.ts';
import { createDeparture, type DepartureDeps } from '../worlds/leave-host.ts';
import { createOriginals, type OriginalsDeps } from '../worlds/originals.ts';
import type { Placements } from '../worlds/placements.ts';
import type { ManagerLine } from './manager-line.ts';

/** What {@link createPassage} is made of. */
export interface PassageDeps
  extends Pick<ArriveDeps & DepartureDeps, 'lifecycle' | 'looker' | 'clock' | 'work'>,
    Pick<OriginalsDeps, 'roots' | 'log'> {
  readonly placements: Placements;
  readonly registry: Registry;
  readonly sight: Pick<Awaited<ReturnType<typeof openSight>>, 'observer' | 'logs' | 'handOver' | 'takeOverLog'>;
  readonly hold: Pick<Hold, 'told'>;
  readonly runtime: Runtime;
  readonly runExclusive: RunExclusive;
  readonly line: ManagerLine;
  readonly dataRoot: string;
  readonly tell: TellEvent;
}

/** Makes the way of servers between this host and others, and what keeps, for a while, what they leave here. */
export function createPassage(deps: PassageDeps) {
  const { placements, registry, sight, hold, runtime, runExclusive, line, roots, tell, clock, log } = deps;
  const { observer, logs, handOver, takeOverLog } = sight;
  const forget = async ({ id }: DesiredServer): Promise<void> => {
    await registry.forget(id);
    observer.forget(id);
    // As long as a world of it is kept here, for taking it back.
    const isKept = placements.originals().some(({ serverId }) => serverId === id);
    await (isKept ? logs.release(id) : logs.forget(id));
  };
  /** The manager says that it is this host's from now on, or again. */
  const accept = async (server: DesiredServer): Promise<DesiredServer> => {
    await hold.told([server.id]);
    return registry.accept(server);
  };
  const { lifecycle, looker, work } = deps;
  const both = { placements, lifecycle, looker, clock, work, forget };
  const arriving = { ...both, dataRoot: resolve(deps.dataRoot), takeOverLog, accept };
  return {
    originals: createOriginals({ placements, registry, runtime, roots, forgetRest: logs.forget, tell, clock, log }),
    handlers: relocationHandlers({
      ...{ registry: { ...registry, accept }, runExclusive, line },
      departure: createDeparture({ ...both, handOver, welcome: ({ id }) => observer.welcome(id) }),
      arrive(server, other, doing) {
        // It may have been here before.
        observer.welcome(server.id);
        return arriveServer(arriving, server, other, doing);
      },
    }),
  };
}
