import type { Clock } from '../../platform/clock.ts';
import type { Finding } from '../../protocol/entities/finding.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { boundPorts } from '../host/host-sockets.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { KeptContainer } from '../runtime/upkeep.ts';
import type { Looker } from '../servers/looker.ts';
import { isInPlace } from '../servers/standing.ts';
import { examineImages } from './images.ts';
import { examineLeftContainers, examineLeftFolders } from './leftovers.ts';
import { examineNetworks } from './networks.ts';
import { examineListeningRcon, examinePublishedRcon } from './published-rcon.ts';
import { examineStopTime } from './stop-times.ts';

/** What {@link examineUpkeep} needs. */
export interface UpkeepParts {
  readonly runtime: Pick<Runtime, 'kind' | 'upkeep' | 'survey'>;
  readonly looker: Pick<Looker, 'last'>;
  readonly jobs: Pick<Jobs, 'list'>;
  readonly clock: Clock;
  readonly roots: readonly string[];
  readonly proc: string;
}

/** Looks at what gathers and ages on a host: containers, networks, images, folders and the times of stops. */
export async function examineUpkeep(
  parts: UpkeepParts,
  servers: readonly DesiredServer[],
): Promise<readonly Finding[]> {
  const { runtime, roots, clock } = parts;
  const { upkeep, survey } = runtime;
  const containers = upkeep ? await orNotKnown('containers', () => upkeep.containers()) : { found: [] };
  const some = await Promise.all([
    'problem' in containers
      ? [containers.problem]
      : examineContainers(parts, servers, containers.found, upkeep !== undefined),
    upkeep ? findings('networks', async () => examineNetworks(await upkeep.networks(), servers.length)) : [],
    upkeep && survey && 'found' in containers
      ? findings('images', () =>
          examineImages({
            ...{ containers: containers.found.filter(isInPlace), servers },
            image: (reference) => upkeep.image(reference),
            registry: (reference) => survey.registry(reference),
          }),
        )
      : [],
    examineLeftFolders(roots, clock.now()),
  ]);
  return some.flat();
}

async function examineContainers(
  { looker, jobs, clock, proc }: UpkeepParts,
  servers: readonly DesiredServer[],
  containers: readonly KeptContainer[],
  hasEngine: boolean,
): Promise<readonly Finding[]> {
  const known = jobs.list();
  // Those that a rebuild keeps beside a server's own bear its label too.
  const inPlace = containers.filter(isInPlace);
  const runs = ({ id }: DesiredServer): boolean => looker.last(id)?.status === 'running';
  return [
    ...servers.flatMap((server) =>
      examineStopTime({ server, jobs: known, container: inPlace.find(({ serverId }) => serverId === server.id) }),
    ),
    // In a container the game's own sockets are not the host's.
    ...(hasEngine
      ? examinePublishedRcon(inPlace, servers)
      : examineListeningRcon(await boundPorts(proc), servers.filter(runs))),
    ...examineLeftContainers(containers, clock.now()),
  ];
}

/** An engine that does not answer one question is no reason to keep the rest back. */
async function orNotKnown<Found>(
  check: string,
  look: () => Promise<Found>,
): Promise<{ readonly found: Found } | { readonly problem: Finding }> {
  try {
    return { found: await look() };
  } catch (error) {
    if (!(error instanceof ZedopsError)) throw error;
    const { message, hint } = error;
    const fix = hint === undefined ? {} : { fix: hint };
    return { problem: { check, level: 'warn', message: `could not be looked at: ${message}`, ...fix } };
  }
}

async function findings(check: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  const outcome = await orNotKnown(check, look);
  return 'found' in outcome ? outcome.found : [outcome.problem];
}
