import type { HostPort, PortHolder, TakenPort } from '../../protocol/entities/port.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { SurveyedContainer } from '../runtime/runtime.ts';
import { boundPorts, socketOwners } from './host-sockets.ts';

/** Says which ports of this host are not free, and who has them. */
export interface HostPorts {
  /** Those of `wanted` that are taken, or all that are. @throws ZedopsError where the engine does not answer. */
  taken(wanted?: readonly HostPort[]): Promise<readonly TakenPort[]>;
}

/** What {@link createHostPorts} is made of. */
export interface HostPortsDeps {
  /** Every container of the engine; absent where servers run as processes. */
  readonly containers?: (() => Promise<readonly SurveyedContainer[]>) | undefined;
  /** The servers of this host. */
  readonly servers: () => readonly Pick<DesiredServer, 'id' | 'name' | 'game'>[];
  /** Says whether the server's game runs as far as is known. */
  readonly isUp: (serverId: string) => boolean;
  /** `/proc`. */
  readonly proc: string;
}

const mostTold = 4096;

/** Makes what looks at this host's ports: at what containers publish, and at every socket there is. */
export function createHostPorts({ containers, servers, isUp, proc }: HostPortsDeps): HostPorts {
  const nameOf = (serverId: string): string | undefined => servers().find(({ id }) => id === serverId)?.name;

  const published = async (): Promise<readonly TakenPort[]> =>
    ((await containers?.()) ?? []).flatMap(({ name, isStopped, serverId, ports }) => {
      const ours = serverId === undefined ? undefined : nameOf(serverId);
      const holder: PortHolder = {
        kind: ours === undefined ? 'container' : 'server',
        name: ours ?? name,
        ...(serverId === undefined ? {} : { serverId }),
        ...(isStopped ? { isStopped } : {}),
      };
      return ports.map((port) => ({ ...port, holder }));
    });

  /** Without an engine a server's game has its sockets itself. */
  const ownGames = (): readonly TakenPort[] =>
    containers
      ? []
      : servers().flatMap(({ id, name, game: { ports, rcon } }) => {
          if (!isUp(id)) return [];
          const holder = { kind: 'server', name, serverId: id } as const;
          const all = [
            ...ports,
            ...(rcon ? [{ name: 'rcon' as const, port: rcon.port, protocol: 'tcp' as const }] : []),
          ];
          return all.map(({ name: use, port, protocol }) => ({ port, protocol, use, holder }));
        });

  return {
    async taken(wanted) {
      const keys = wanted && new Set(wanted.map(keyOf));
      const isWanted = (port: HostPort): boolean => keys === undefined || keys.has(keyOf(port));
      const found = new Map<string, TakenPort>();
      // Who runs comes before who only would: a stopped container does not have the port that a program has now.
      const known = [...(await published()), ...ownGames()].filter(isWanted);
      for (const one of known.toSorted(
        (a, b) => Number(a.holder.isStopped ?? false) - Number(b.holder.isStopped ?? false),
      )) {
        if (!found.has(keyOf(one))) found.set(keyOf(one), one);
      }
      // What an engine publishes it holds by sockets of its own, which say less than the container's name.
      const others = (await boundPorts(proc)).filter(
        (bound) => isWanted(bound) && (found.get(keyOf(bound))?.holder.isStopped ?? !found.has(keyOf(bound))),
      );
      const owners = await socketOwners(proc, new Set(others.map(({ inode }) => inode)));
      for (const { inode, port, protocol } of others) {
        const owner = owners.get(inode);
        const known = found.get(keyOf({ port, protocol }))?.holder;
        if (known?.kind === 'process' && known.pid !== undefined) continue;
        const holder: PortHolder = owner
          ? { kind: 'process', name: owner.name, pid: owner.pid }
          : { kind: 'process', name: 'another program' };
        found.set(keyOf({ port, protocol }), { port, protocol, holder });
      }
      return [...found.values()].toSorted((a, b) => a.port - b.port).slice(0, mostTold);
    },
  };
}

function keyOf({ port, protocol }: HostPort): string {
  return `${port}/${protocol}`;
}
