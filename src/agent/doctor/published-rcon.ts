import type { Finding } from '../../protocol/entities/finding.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import type { BoundPort } from '../host/host-sockets.ts';
import type { KeptContainer, KeptPort } from '../runtime/upkeep.ts';

/** Where the game's remote console listens unless it is told otherwise. */
const usualRconPort = 27_015;

/**
 * Finds remote consoles that containers open to the network: RCON sends its password in clear and has no limit of tries.
 * `servers` are those of this host that are not deleted.
 */
export function examinePublishedRcon(
  containers: readonly KeptContainer[],
  servers: readonly Pick<DesiredServer, 'id' | 'name' | 'game'>[],
): readonly Finding[] {
  return containers.flatMap(({ name, serverId, isStopped, ports }): Finding[] => {
    const server = servers.find(({ id }) => id === serverId);
    const rconPort = server ? server.game.rcon?.port : usualRconPort;
    const open = ports.find((port) => port.inside === rconPort && port.protocol === 'tcp' && !isLoopback(port));
    if (!open) return [];
    const where = `${open.address === '' ? 'every address of this host' : open.address}${open.port === 0 ? '' : `, port ${open.port}`}`;
    if (server) {
      const message = `is published on ${where}: whoever has the password commands the game, and it is sent in clear`;
      const fix = `zedops server rebuild ${server.name}`;
      return [{ check: `RCON of ${server.name}`, level: 'fail', message, fix }];
    }
    if (isStopped) return [];
    const fix = `publish it on 127.0.0.1 only, or take the server over: zedops server adopt --help`;
    const message = `the container ${name}, which is not of ZedOps, publishes what looks like RCON on ${where}`;
    return [{ check: 'published RCON', level: 'warn', message, fix }];
  });
}

/**
 * Finds remote consoles of games that run as plain processes and listen on more than the loopback address. `bound` are
 * the sockets of this host, `servers` those that run.
 */
export function examineListeningRcon(
  bound: readonly Pick<BoundPort, 'port' | 'protocol' | 'isLoopback'>[],
  servers: readonly Pick<DesiredServer, 'name' | 'game'>[],
): readonly Finding[] {
  const open = new Set(
    bound.filter(({ protocol, isLoopback }) => protocol === 'tcp' && !isLoopback).map(({ port }) => port),
  );
  return servers.flatMap(({ name, game: { rcon } }): Finding[] => {
    if (!rcon || !open.has(rcon.port)) return [];
    const message = `port ${rcon.port} listens on every address of this host: whoever has the password commands the game, and it is sent in clear`;
    const fix = `close it to others on this host, for instance: ufw deny ${rcon.port}/tcp`;
    return [{ check: `RCON of ${name}`, level: 'warn', message, fix }];
  });
}

function isLoopback({ address }: KeptPort): boolean {
  return address === '::1' || address.startsWith('127.');
}
