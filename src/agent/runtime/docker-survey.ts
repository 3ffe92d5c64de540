import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import * as z from 'zod';
import { HostPort } from '../../protocol/entities/port.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { managedLabel, serverIdLabel } from '../spec/spec-build.ts';
import type { DockerEngine } from './docker-engine.ts';
import { refusalOf } from './docker-errors.ts';
import type { EngineSurvey, ImageSurvey, SurveyedContainer } from './runtime.ts';

const mostContainers = 1000;
const askedAtOnce = 8;
const registryMs = 15_000;

/** Makes what tells of everything on an engine, whoever made it. It only looks. */
export function createDockerSurvey(engine: DockerEngine): EngineSurvey {
  /** A container that does not run publishes nothing now; what it will publish again is only told when one asks. */
  const bindingsOf = async (id: string): Promise<readonly HostPort[]> => {
    const info = await engine.call<ContainerInspectInfo | undefined>(
      `container ${id.slice(0, 12)}`,
      async (docker, abortSignal) => {
        try {
          return await docker.getContainer(id).inspect({ abortSignal });
        } catch (error) {
          if (refusalOf(error)?.statusCode === 404) return undefined;
          throw error;
        }
      },
    );
    return info ? portBindings(info.HostConfig.PortBindings) : [];
  };

  const survey = async (summary: ContainerInfo): Promise<SurveyedContainer> => {
    const { Id, Names, Labels, State } = summary;
    const isStopped = State !== 'running' && State !== 'paused' && State !== 'restarting';
    const serverId = Labels[managedLabel] === 'true' ? Labels[serverIdLabel] : undefined;
    return {
      name: (Names[0] ?? Id).replace(/^\//, ''),
      isStopped,
      ports: isStopped ? await bindingsOf(Id) : publishedNow(summary),
      ...(serverId === undefined ? {} : { serverId }),
    };
  };

  return {
    async containers() {
      const all = await engine.call('its containers', (docker, abortSignal) =>
        docker.listContainers({ all: true, limit: mostContainers, abortSignal }),
      );
      const found: SurveyedContainer[] = [];
      for (let at = 0; at < all.length; at += askedAtOnce) {
        found.push(...(await Promise.all(all.slice(at, at + askedAtOnce).map(survey))));
      }
      return found;
    },
    async hasImage(reference) {
      return engine.call(`image ${reference}`, async (docker) => {
        try {
          await docker.getImage(reference).inspect();
          return true;
        } catch (error) {
          if (refusalOf(error)?.statusCode === 404) return false;
          throw error;
        }
      });
    },
    async registry(reference) {
      try {
        const found: unknown = await engine.call(
          `image ${reference}`,
          (docker) => docker.getImage(reference).distribution(),
          { deadlineMs: registryMs },
        );
        const digest = Distribution.parse(found).Descriptor?.digest;
        return { registry: 'has-it', ...(digest === undefined ? {} : { digest }) };
      } catch (error) {
        return registryAnswer(error);
      }
    },
    async imageFolder() {
      const info = await engine.call('its folder', (docker) => docker.info());
      return EngineInfo.parse(info).DockerRootDir;
    },
  };
}

const Distribution = z.object({ Descriptor: z.object({ digest: z.string().max(256) }).optional() }).catch({});
const EngineInfo = z.object({ DockerRootDir: z.string() });

/** What the answer about an image in its registry means; an engine that passes on a failure to reach it counts as one. */
export function registryAnswer(error: unknown): ImageSurvey {
  if (!(error instanceof ZedopsError)) throw error;
  const { code, message: problem } = error;
  if (code === 'NOT_FOUND') return { registry: 'has-not', problem };
  if (code === 'FORBIDDEN') return { registry: 'refuses', problem };
  return { registry: 'unreachable', problem };
}

const Bindings = z.record(z.string(), z.array(z.object({ HostPort: z.string().default('') })).nullable());

/**
 * The ports of the host that a container is to have: `{"16261/udp": [{"HostPort": "16261"}]}`. Those the engine chooses
 * by itself (an empty one, `0`, a range) belong to nobody while the container does not run.
 */
export function portBindings(bindings: unknown): readonly HostPort[] {
  const parsed = Bindings.safeParse(bindings ?? {});
  if (!parsed.success) return [];
  return Object.entries(parsed.data).flatMap(([inside, places]) =>
    (places ?? []).flatMap(({ HostPort: port }) => hostPort(port, inside.split('/')[1] ?? 'tcp')),
  );
}

function publishedNow({ Ports }: ContainerInfo): readonly HostPort[] {
  return Ports.flatMap(({ PublicPort, Type }) => (PublicPort ? hostPort(String(PublicPort), Type) : []));
}

function hostPort(port: string, protocol: string): readonly HostPort[] {
  const parsed = HostPort.safeParse({ port: /^\d{1,5}$/.test(port) ? Number(port) : 0, protocol });
  return parsed.success ? [parsed.data] : [];
}
