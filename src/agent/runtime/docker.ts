import type { ContainerInspectInfo } from 'dockerode';
import { type Clock, pause } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { ContainerSpec } from '../spec/container-spec.ts';
import { managedLabel } from '../spec/spec-build.ts';
import { boundTo } from './bound.ts';
import { createOptions } from './docker-create.ts';
import { createDockerEngine } from './docker-engine.ts';
import { type EngineRefusal, refusalOf } from './docker-errors.ts';
import { watchDocker } from './docker-events.ts';
import { execInDocker } from './docker-exec.ts';
import { createDockerForeign } from './docker-foreign.ts';
import { listed, observed } from './docker-inspect.ts';
import { readDockerLogs } from './docker-logs.ts';
import { pipeInDocker } from './docker-pipe.ts';
import { prepareDocker } from './docker-prepare.ts';
import { createDockerSurvey } from './docker-survey.ts';
import { createDockerUpkeep } from './docker-upkeep.ts';
import { readDockerUsage } from './docker-usage.ts';
import type { Runtime, RuntimeContainer } from './runtime.ts';

/** What {@link createDockerRuntime} is made of. */
export interface DockerRuntimeOptions {
  readonly socketPath: string;
  readonly clock: Clock;
  readonly log: Log;
}

const removalMs = 60_000;
const removalPollMs = 100;
/** What the engine may take on top of a grace, to end and tidy up. */
const stopMarginMs = 60_000;

/** The runtime of a host with a Docker engine. Touches nothing that does not carry our label, but for {@link Runtime.foreign}. */
export function createDockerRuntime({ socketPath, clock, log }: DockerRuntimeOptions): Runtime {
  const engine = createDockerEngine(socketPath, clock);

  const inspect = async (id: string): Promise<RuntimeContainer | undefined> => {
    const info = await engine.call<ContainerInspectInfo | undefined>(nameOf(id), async (docker, abortSignal) => {
      try {
        return await docker.getContainer(id).inspect({ abortSignal });
      } catch (error) {
        if (refusalOf(error)?.statusCode === 404) return undefined;
        throw error;
      }
    });
    return info && observed(info);
  };

  const need = async (id: string): Promise<RuntimeContainer> => {
    const container = await inspect(id);
    if (!container)
      throw new ZedopsError('NOT_FOUND', `There is no container ${id.slice(0, 12)} of ZedOps on this host`);
    return container;
  };

  /** Waits for a removal that another began. */
  const untilGone = async (id: string): Promise<void> => {
    const deadline = clock.steady() + removalMs;
    while (await inspect(id)) {
      if (clock.steady() > deadline) {
        throw new ZedopsError(
          'TIMEOUT',
          `${nameOf(id)} is being removed by the engine, and still there after a minute`,
        );
      }
      await pause(clock, removalPollMs);
    }
  };

  const connectFurther = async (id: string, { name, networks }: ContainerSpec): Promise<void> => {
    for (const network of networks.slice(1)) {
      await engine.call(`network ${network}`, (docker) => docker.getNetwork(network).connect({ Container: id }));
    }
    log.debug({ container: name, id: id.slice(0, 12) }, 'created');
  };

  return {
    kind: 'docker',
    survey: createDockerSurvey(engine),
    foreign: createDockerForeign(engine),
    upkeep: createDockerUpkeep(engine),
    version: () => engine.version(),
    prepare: (spec, pull, report, signal) => prepareDocker(engine, clock, spec, pull, report, signal),
    async create(spec) {
      const id = await engine.call(`container ${spec.name}`, async (docker, abortSignal) => {
        try {
          return (await docker.createContainer({ ...createOptions(spec), abortSignal })).id;
        } catch (error) {
          throw creationError(error, spec);
        }
      });
      try {
        await connectFurther(id, spec);
      } catch (error) {
        await engine.call(`container ${spec.name}`, (docker) => docker.getContainer(id).remove({ force: true }));
        throw error;
      }
      return id;
    },
    async start(id) {
      const { name } = await need(id);
      await engine.call(
        `container ${name}`,
        (docker, abortSignal) => unless(alreadySo, () => docker.getContainer(id).start({ abortSignal })),
        { deadlineMs: stopMarginMs },
      );
    },
    async stop(id, graceSeconds) {
      const { name } = await need(id);
      await engine.call(
        `container ${name}`,
        (docker, abortSignal) =>
          unless(alreadySo, () => docker.getContainer(id).stop({ t: graceSeconds, abortSignal })),
        { deadlineMs: graceSeconds * 1000 + stopMarginMs },
      );
    },
    async kill(id) {
      const { name } = await need(id);
      await engine.call(
        `container ${name}`,
        (docker, abortSignal) =>
          unless(notRunning, () => docker.getContainer(id).kill({ signal: 'SIGKILL', abortSignal })),
        { deadlineMs: stopMarginMs },
      );
    },
    async rename(id, name) {
      const container = await need(id);
      if (container.name === name) return;
      await engine.call(`container ${container.name}`, async (docker, abortSignal) => {
        try {
          await docker.getContainer(id).rename({ name, abortSignal });
        } catch (error) {
          throw refusalOf(error)?.statusCode === 409 ? nameTaken(name, error) : error;
        }
      });
    },
    async remove(id) {
      const container = await inspect(id);
      if (!container) return;
      if (container.status === 'running' || container.status === 'paused') {
        throw new ZedopsError('CONFLICT', `Container ${container.name} runs; it is stopped before it is removed`);
      }
      await engine.call(`container ${container.name}`, async (docker, abortSignal) => {
        try {
          // Anonymous volumes stay: what an image keeps there may be somebody's world.
          await docker.getContainer(id).remove({ v: false, abortSignal });
        } catch (error) {
          const refusal = refusalOf(error);
          if (refusal?.statusCode !== 404 && !isBeingRemoved(refusal)) throw error;
        }
      });
      await untilGone(id);
    },
    inspect,
    usage: (container) => readDockerUsage(engine, { proc: '/proc', cgroups: '/sys/fs/cgroup' }, container),
    async list() {
      const filters = { label: [`${managedLabel}=true`] };
      const found = await engine.call('its containers', (docker, abortSignal) =>
        docker.listContainers({ all: true, filters, abortSignal }),
      );
      return found.flatMap((summary) => listed(summary) ?? []);
    },
    async boundTo(folder) {
      const all = await engine.call('all containers', (docker, abortSignal) =>
        docker.listContainers({ all: true, abortSignal }),
      );
      const bindings = all.flatMap(({ Id, Names, Mounts }) =>
        (Mounts ?? []).map(({ Source }) => ({ name: (Names[0] ?? Id).replace(/^\//, ''), hostPath: Source })),
      );
      return boundTo(folder, bindings);
    },
    watch: (onEvent, onLive, signal) => watchDocker(engine, clock, onEvent, onLive, signal),
    async logs(id, request, sink) {
      await need(id);
      await readDockerLogs(engine, clock, id, request, sink);
    },
    async exec(id, command, signal) {
      const { name, status } = await need(id);
      if (status !== 'running') throw new ZedopsError('CONFLICT', `Container ${name} does not run`);
      return execInDocker(engine, id, command, signal);
    },
    async pipe(id, command, signal) {
      const { name, status } = await need(id);
      if (status !== 'running') throw new ZedopsError('CONFLICT', `Container ${name} does not run`);
      return pipeInDocker(engine, id, command, signal);
    },
    async close() {
      engine.close();
    },
  };
}

const alreadySo = ({ statusCode }: EngineRefusal): boolean => statusCode === 304;
const notRunning = ({ statusCode, message }: EngineRefusal): boolean =>
  statusCode === 304 || (statusCode === 409 && /is not running/i.test(message));

function isBeingRemoved(refusal: EngineRefusal | undefined): boolean {
  return refusal?.statusCode === 409 && /already in progress/i.test(refusal.message);
}

/** Runs a call and takes one kind of refusal for a success. */
async function unless(isFine: (refusal: EngineRefusal) => boolean, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal || !isFine(refusal)) throw error;
  }
}

function creationError(error: unknown, { name, image }: ContainerSpec): unknown {
  const refusal = refusalOf(error);
  if (refusal?.statusCode === 409) {
    return nameTaken(name, error);
  }
  if (refusal?.statusCode === 404) {
    return new ZedopsError('NOT_FOUND', `The image ${image} is not on this host: ${refusal.message}`, { cause: error });
  }
  return error;
}

function nameTaken(name: string, cause: unknown): ZedopsError {
  return new ZedopsError('CONFLICT', `Another container on this host is named ${name}`, {
    hint: `docker inspect ${name} shows whose it is; docker rename ${name} … makes room`,
    cause,
  });
}

function nameOf(id: string): string {
  return `container ${id.slice(0, 12)}`;
}
