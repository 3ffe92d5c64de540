import type { ContainerCreateOptions } from 'dockerode';
import type { ContainerSpec, SpecPort } from '../spec/container-spec.ts';
import { droppedCapabilities } from '../spec/spec-build.ts';

/**
 * What the engine is asked to create for a spec.
 *
 * The engine never restarts a container: the agent does, which can tell a crash from a stop. There is no init process
 * of Docker's: with one, SIGTERM ends a launcher script that does not pass it on, and the engine then kills the game in
 * the middle of its save; without one such a script, being process 1, ignores it, and the game has its whole grace.
 * `no-new-privileges` only takes effect where a user other than root runs a setuid program such as sudo; entrypoints
 * that begin as root and step down by su, gosu or runuser are untouched by it.
 */
export function createOptions(spec: ContainerSpec): ContainerCreateOptions {
  return {
    name: spec.name,
    Image: spec.image,
    Env: Object.entries(spec.env).map(([key, value]) => `${key}=${value}`),
    Labels: { ...spec.labels },
    ExposedPorts: Object.fromEntries(spec.ports.map((port) => [portKey(port), {}])),
    StopTimeout: spec.stopSeconds,
    Tty: false,
    OpenStdin: false,
    HostConfig: {
      // With `Mounts`, unlike `Binds`, the engine refuses a source that is not there instead of making one as root.
      Mounts: spec.mounts.map(({ hostPath, containerPath }) => ({
        Type: 'bind',
        Source: hostPath,
        Target: containerPath,
        ReadOnly: false,
      })),
      PortBindings: Object.fromEntries(spec.ports.map((port) => [portKey(port), [{ HostPort: String(port.port) }]])),
      NetworkMode: spec.networks[0] ?? 'none',
      Memory: spec.memoryBytes,
      // The same figure means no swap beyond it: a game that swaps is worse than one that ends.
      MemorySwap: spec.memoryBytes,
      NanoCpus: Math.round(spec.cpus * 1e9),
      PidsLimit: spec.pids,
      RestartPolicy: { Name: 'no' },
      LogConfig: {
        Type: 'json-file',
        Config: { 'max-size': String(spec.log.maxBytes), 'max-file': String(spec.log.files) },
      },
      SecurityOpt: ['no-new-privileges:true'],
      CapDrop: [...droppedCapabilities],
      Privileged: false,
    },
  };
}

function portKey({ port, protocol }: SpecPort): string {
  return `${port}/${protocol}`;
}
