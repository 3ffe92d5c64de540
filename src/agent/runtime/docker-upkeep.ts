import type { ContainerInspectInfo } from 'dockerode';
import * as z from 'zod';
import { managedLabel, serverIdLabel } from '../spec/spec-build.ts';
import type { DockerEngine } from './docker-engine.ts';
import { refusalOf } from './docker-errors.ts';
import { statusOf } from './docker-inspect.ts';
import type { EngineUpkeep, KeptContainer, KeptPort } from './upkeep.ts';

const mostContainers = 1000;
const askedAtOnce = 8;

/** Makes what tells of a Docker engine's containers, networks and images to whoever examines the host. */
export function createDockerUpkeep(engine: DockerEngine): EngineUpkeep {
  const container = (id: string): Promise<KeptContainer | undefined> =>
    engine.call(`container ${id.slice(0, 12)}`, async (docker, abortSignal) => {
      try {
        return keptContainer(await docker.getContainer(id).inspect({ abortSignal }));
      } catch (error) {
        // It was removed since it was listed.
        if (refusalOf(error)?.statusCode === 404) return undefined;
        throw error;
      }
    });

  return {
    async containers() {
      const all = await engine.call('its containers', (docker, abortSignal) =>
        docker.listContainers({ all: true, limit: mostContainers, abortSignal }),
      );
      const found: KeptContainer[] = [];
      for (let at = 0; at < all.length; at += askedAtOnce) {
        const some = await Promise.all(all.slice(at, at + askedAtOnce).map(({ Id }) => container(Id)));
        found.push(...some.flatMap((one) => one ?? []));
      }
      return found;
    },
    async networks() {
      const all = await engine.call('its networks', (docker, abortSignal) => docker.listNetworks({ abortSignal }));
      return all.map(({ Name }) => Name);
    },
    async image(reference) {
      return engine.call(`image ${reference}`, async (docker) => {
        try {
          const { Id, RepoDigests } = await docker.getImage(reference).inspect();
          // `<repository>@sha256:…`; an image built here has none.
          return { id: Id, digests: (RepoDigests ?? []).flatMap((digest) => digest.split('@')[1] ?? []) };
        } catch (error) {
          if (refusalOf(error)?.statusCode === 404) return undefined;
          throw error;
        }
      });
    },
  };
}

/** What the engine's own words for a container mean for its upkeep. */
export function keptContainer(info: ContainerInspectInfo): KeptContainer {
  const { Name, Image, Created, Config, State, HostConfig } = info;
  const status = statusOf(State.Status);
  const isStopped = status !== 'running' && status !== 'paused' && status !== 'restarting';
  const serverId = Config.Labels?.[managedLabel] === 'true' ? Config.Labels[serverIdLabel] : undefined;
  const idleSince = isStopped ? (timeOf(State.FinishedAt) ?? timeOf(Created)) : undefined;
  // Newer engines say it, and dockerode's types do not know of it.
  const { StopTimeout: stopSeconds } = StopTimeout.parse(Config);
  return {
    name: Name.replace(/^\//, ''),
    ...(serverId === undefined ? {} : { serverId }),
    isStopped,
    ...(idleSince === undefined ? {} : { idleSince }),
    ports: keptPorts(HostConfig.PortBindings),
    image: Config.Image,
    imageId: Image,
    ...(stopSeconds === undefined ? {} : { stopSeconds }),
  };
}

const StopTimeout = z.object({ StopTimeout: z.number().optional().catch(undefined) });

/** What was asked to be published: `{"27015/tcp": [{"HostIp": "127.0.0.1", "HostPort": "27015"}]}`. */
const Bindings = z.record(
  z.string(),
  z.array(z.object({ HostIp: z.string().default(''), HostPort: z.string().default('') })).nullable(),
);

/** A binding without a port of the host gets one by the engine's choice, which is as reachable: it counts with 0. */
function keptPorts(bindings: unknown): readonly KeptPort[] {
  return Object.entries(Bindings.catch({}).parse(bindings ?? {})).flatMap(([key, places]) => {
    const [inside, protocol] = key.split('/');
    if (protocol !== 'udp' && protocol !== 'tcp') return [];
    return (places ?? []).map(({ HostIp: address, HostPort: port }) => ({
      ...{ inside: Number(inside), protocol, address },
      port: /^\d{1,5}$/.test(port) ? Number(port) : 0,
    }));
  });
}

/** Engines write the year 1 for what never happened. */
function timeOf(time: string): number | undefined {
  return time === '' || time.startsWith('0001-') ? undefined : Date.parse(time);
}
