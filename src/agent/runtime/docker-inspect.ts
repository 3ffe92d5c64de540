import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import * as z from 'zod';
import { ObservedContainer, Port } from '../../protocol/entities/server.ts';
import { managedLabel, originOf, serverIdLabel, serverNetworks } from '../spec/spec-build.ts';
import type { ListedContainer, LoopbackPort, RuntimeContainer } from './runtime.ts';

const mostPorts = 64;
const Protocol = z.enum(['udp', 'tcp']);
const PortBindings = z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullable());

/** What the engine says of a container, as the port says it; undefined for one that is not ours. */
export function observed(info: ContainerInspectInfo): RuntimeContainer | undefined {
  const { Id, Name, Config, State } = info;
  const serverId = Config.Labels?.[serverIdLabel];
  if (Config.Labels?.[managedLabel] !== 'true' || serverId === undefined) return undefined;
  const status = statusOf(State.Status);
  const hasEnded = status === 'exited' || status === 'dead';
  const startedAt = timeOf(State.StartedAt);
  const finishedAt = timeOf(State.FinishedAt);
  const address = status === 'running' ? addressOf(info) : undefined;
  const ports = publishedPorts(info.HostConfig);
  const loopbackPorts = status === 'running' ? loopbackPortsOf(info.NetworkSettings) : [];
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    image: Config.Image,
    status,
    serverId,
    ...originOf(Config.Labels),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined || !hasEnded ? {} : { finishedAt }),
    ...(hasEnded ? { exitCode: State.ExitCode, oomKilled: State.OOMKilled } : {}),
    ...(address === undefined ? {} : { address }),
    ...(loopbackPorts.length === 0 ? {} : { loopbackPorts }),
    ...(status === 'running' && State.Pid > 0 ? { pid: State.Pid } : {}),
    ...(ports.length === 0 ? {} : { ports }),
  };
}

/** Ports of the host that lead to it when it runs. The engine's keys are `<port>/<protocol>`. */
function publishedPorts(
  config: { readonly PortBindings?: unknown } | undefined,
): NonNullable<RuntimeContainer['ports']> {
  const ports = Object.entries(PortBindings.catch({}).parse(config?.PortBindings)).flatMap(([key, hosts]) => {
    const protocol = Protocol.safeParse(key.split('/')[1]);
    if (!protocol.success) return [];
    return (hosts ?? []).flatMap(({ HostPort }) => {
      const port = Port.safeParse(Number(HostPort));
      return port.success ? [{ port: port.data, protocol: protocol.data }] : [];
    });
  });
  return ports.slice(0, mostPorts);
}

const LivePorts = z.record(
  z.string(),
  z.array(z.object({ HostIp: z.string().default(''), HostPort: z.string() })).nullable(),
);

/** What of a running container's TCP ports leads to it from the loopback address and from nowhere else. */
function loopbackPortsOf({ Ports }: { readonly Ports?: unknown }): readonly LoopbackPort[] {
  const found = Object.entries(LivePorts.catch({}).parse(Ports)).flatMap(([key, places]) => {
    const [inside, protocol] = key.split('/');
    return (places ?? []).flatMap(({ HostIp: host, HostPort }) => {
      const port = Port.safeParse(Number(HostPort));
      const isLoopback = host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
      return protocol === 'tcp' && isLoopback && port.success
        ? [{ inside: Number(inside), host, port: port.data }]
        : [];
    });
  });
  return found.slice(0, mostPorts);
}

/** What the engine's list says of a container; undefined for one that is not ours. */
export function listed({ Id, Names, Image, Labels, State }: ContainerInfo): ListedContainer | undefined {
  const serverId = Labels[serverIdLabel];
  if (Labels[managedLabel] !== 'true' || serverId === undefined) return undefined;
  const name = (Names[0] ?? Id).replace(/^\//, '');
  return { id: Id, name, image: Image, status: statusOf(State), serverId };
}

/** The engine's word for a container's status, as the port says it. */
export function statusOf(status: string): ObservedContainer['status'] {
  // `removing` is the one word more that engines know; such a container will not run again.
  return ObservedContainer.shape.status.catch('dead').parse(status);
}

/** Engines write the year 1 for what never happened. */
function timeOf(time: string): string | undefined {
  return time === '' || time.startsWith('0001-') ? undefined : time;
}

/** Where this host reaches the container: over the network for RCON, or else over any it is on. */
export function addressOf({ NetworkSettings }: ContainerInspectInfo): string | undefined {
  const networks = NetworkSettings.Networks ?? {};
  const names = [...serverNetworks.toReversed(), ...Object.keys(networks)];
  return names.map((name) => networks[name]?.IPAddress).find((address) => address !== undefined && address !== '');
}
