import type { Clock } from '../../platform/clock.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { ContainerSpec } from '../spec/container-spec.ts';
import { managedLabel } from '../spec/spec-build.ts';
import type { DockerEngine } from './docker-engine.ts';
import { refusalOf } from './docker-errors.ts';
import { pullImage } from './docker-pull.ts';
import type { ReportStep } from './runtime.ts';

/** Makes the networks of a spec that are missing, and sees to its image. */
export async function prepareDocker(
  engine: DockerEngine,
  clock: Clock,
  spec: ContainerSpec,
  pull: 'missing' | 'always' | 'never',
  report: ReportStep,
  signal: AbortSignal,
): Promise<void> {
  for (const network of spec.networks) await ensureNetwork(engine, network, signal);
  const isThere = pull === 'always' ? false : await hasImage(engine, spec.image, signal);
  if (isThere) return;
  if (pull === 'never') {
    throw new ZedopsError(
      'NOT_FOUND',
      `The image ${spec.image} is not on this host, and its template says never to pull`,
      {
        hint: `docker pull or docker load ${spec.image} on the host`,
      },
    );
  }
  await pullImage(engine, clock, spec.image, report, signal);
}

async function ensureNetwork(engine: DockerEngine, name: string, signal: AbortSignal): Promise<void> {
  await engine.call(
    `network ${name}`,
    async (docker, abortSignal) => {
      const found = await docker.listNetworks({ filters: { name: [name] }, abortSignal });
      // The engine's filter finds names that contain the word.
      if (found.some(({ Name }) => Name === name)) return;
      try {
        await docker.createNetwork({
          Name: name,
          Driver: 'bridge',
          CheckDuplicate: true,
          Labels: { [managedLabel]: 'true' },
          abortSignal,
        });
      } catch (error) {
        // Another server's preparation made it meanwhile.
        if (refusalOf(error)?.statusCode !== 409) throw error;
      }
    },
    { signal },
  );
}

function hasImage(engine: DockerEngine, image: string, signal: AbortSignal): Promise<boolean> {
  return engine.call(
    `image ${image}`,
    async (docker) => {
      try {
        await docker.getImage(image).inspect();
        return true;
      } catch (error) {
        if (refusalOf(error)?.statusCode === 404) return false;
        throw error;
      }
    },
    { signal },
  );
}
