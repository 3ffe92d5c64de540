import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import type { ForeignMount, ForeignPort } from '../../protocol/entities/adoption.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { DockerEngine } from './docker-engine.ts';
import { refusalOf } from './docker-errors.ts';
import { addressOf, statusOf } from './docker-inspect.ts';
import type { ForeignContainer, ForeignContainers, ListedForeign } from './foreign.ts';

const stopMarginMs = 60_000;
const mostContainers = 1_000;

/** Reads, stops, starts and renames what ZedOps did not make, on a Docker engine. */
export function createDockerForeign(engine: DockerEngine): ForeignContainers {
  const imageEnv = async (image: string): Promise<Record<string, string>> => {
    const found = await engine.call(`image ${image}`, async (docker) => {
      try {
        return await docker.getImage(image).inspect();
      } catch (error) {
        if (refusalOf(error)?.statusCode === 404) return undefined;
        throw error;
      }
    });
    return envOf(found?.Config?.Env);
  };

  return {
    async list() {
      const found = await engine.call('its containers', (docker, abortSignal) =>
        docker.listContainers({ all: true, abortSignal }),
      );
      return found.slice(0, mostContainers).map(listed);
    },
    async inspect(ref) {
      const info = await engine.call(`container ${ref}`, async (docker, abortSignal) => {
        try {
          return await docker.getContainer(ref).inspect({ abortSignal });
        } catch (error) {
          if (refusalOf(error)?.statusCode === 404) return undefined;
          throw error;
        }
      });
      return info && inspected(info, await imageEnv(info.Image));
    },
    async start(id) {
      await engine.call(
        `container ${id}`,
        unlessSo((docker) => docker.getContainer(id).start()),
        {
          deadlineMs: stopMarginMs,
        },
      );
    },
    async stop(id, graceSeconds) {
      await engine.call(
        `container ${id}`,
        unlessSo((docker) => docker.getContainer(id).stop({ t: graceSeconds })),
        {
          deadlineMs: graceSeconds * 1000 + stopMarginMs,
        },
      );
    },
    async rename(id, name) {
      await engine.call(`container ${id}`, async (docker) => {
        try {
          await docker.getContainer(id).rename({ name });
        } catch (error) {
          if (refusalOf(error)?.statusCode !== 409) throw error;
          throw new ZedopsError('CONFLICT', `Another container on this host is named ${name}`, {
            hint: `docker rename ${name} … makes room`,
            cause: error,
          });
        }
      });
    },
    async setRestart(id, { name, tries }) {
      await engine.call(`container ${id}`, (docker) =>
        docker.getContainer(id).update({ RestartPolicy: { Name: name, MaximumRetryCount: tries } }),
      );
    },
  };
}

type Work = Parameters<DockerEngine['call']>[1];

/** Takes the engine's 304 for a success: it is so already. */
function unlessSo(work: Work): Work {
  return async (docker, signal) => {
    try {
      return await work(docker, signal);
    } catch (error) {
      if (refusalOf(error)?.statusCode !== 304) throw error;
      return undefined;
    }
  };
}

function listed({ Id, Names, Image, State, Labels, Mounts, Ports }: ContainerInfo): ListedForeign {
  return {
    id: Id,
    name: (Names[0] ?? Id).replace(/^\//, ''),
    image: Image,
    status: statusOf(State),
    labels: Labels,
    mounts: Mounts.map(mountOf),
    ports: uniquePorts(
      Ports.map(({ PrivatePort, PublicPort, Type }) => portOf(PrivatePort, PublicPort, Type)).filter(isKnown),
    ),
  };
}

function inspected(info: ContainerInspectInfo, imageEnv: Readonly<Record<string, string>>): ForeignContainer {
  const { Id, Name, Config, State, HostConfig, Mounts } = info;
  const status = statusOf(State.Status);
  const address = status === 'running' ? addressOf(info) : undefined;
  const { Memory = 0, NanoCpus = 0, RestartPolicy } = HostConfig;
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    image: Config.Image,
    status,
    labels: Config.Labels ?? {},
    // The engine's own list of what is mounted: Binds, Mounts and volumes, however they were asked for.
    mounts: Mounts.map(mountOf),
    ports: uniquePorts([...publishedPorts(HostConfig.PortBindings), ...exposedPorts(Config.ExposedPorts)]),
    env: envOf(Config.Env),
    imageEnv,
    restart: { name: RestartPolicy?.Name || 'no', tries: RestartPolicy?.MaximumRetryCount ?? 0 },
    ...(Memory > 0 ? { memoryBytes: Memory } : {}),
    ...(NanoCpus > 0 ? { cpus: NanoCpus / 1e9 } : {}),
    ...(address === undefined ? {} : { address }),
  };
}

interface EngineMount {
  readonly Type?: string | undefined;
  readonly Source: string;
  readonly Destination: string;
}

function mountOf({ Type, Source, Destination }: EngineMount): ForeignMount {
  return { type: Type === 'bind' || Type === 'volume' ? Type : 'other', from: Source, to: Destination };
}

/** Published ports, of a stopped container too: its list of live ports is empty. */
function publishedPorts(bindings: unknown): ForeignPort[] {
  if (typeof bindings !== 'object' || bindings === null) return [];
  return Object.entries(bindings).flatMap(([key, places]: [string, unknown]) => {
    const [inside = '', protocol = ''] = key.split('/');
    const first: unknown = Array.isArray(places) ? places[0] : undefined;
    const text: unknown = typeof first === 'object' && first !== null ? Reflect.get(first, 'HostPort') : undefined;
    const published = typeof text === 'string' && text !== '' ? Number(text) : undefined;
    return [portOf(Number(inside), published, protocol)].filter(isKnown);
  });
}

function exposedPorts(exposed: unknown): ForeignPort[] {
  return Object.keys(typeof exposed === 'object' && exposed !== null ? exposed : {})
    .map((key) => {
      const [inside = '', protocol = ''] = key.split('/');
      return portOf(Number(inside), undefined, protocol);
    })
    .filter(isKnown);
}

function portOf(inside: number, published: number | undefined, protocol: string): ForeignPort | undefined {
  if ((protocol !== 'udp' && protocol !== 'tcp') || !isPort(inside)) return undefined;
  return { inside, protocol, ...(published !== undefined && isPort(published) ? { published } : {}) };
}

/** One of each, the published ones first: engines list a port for each address family. */
function uniquePorts(ports: readonly ForeignPort[]): ForeignPort[] {
  const unique = new Map<string, ForeignPort>();
  for (const port of ports) {
    const key = `${port.inside}/${port.protocol}`;
    if (unique.get(key)?.published === undefined) unique.set(key, port);
  }
  return [...unique.values()];
}

function envOf(lines: readonly string[] | null | undefined): Record<string, string> {
  return Object.fromEntries(
    (lines ?? []).map((line) => {
      const at = line.indexOf('=');
      return at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function isKnown(port: ForeignPort | undefined): port is ForeignPort {
  return port !== undefined;
}
