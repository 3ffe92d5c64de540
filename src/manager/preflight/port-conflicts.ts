import type { HostPort, PortHolder, PortSet, TakenPort } from '../../protocol/entities/port.ts';
import type { GameFacts } from '../../protocol/entities/server.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import type { HostRecord } from '../store/hosts.ts';
import type { ServerRecord } from '../store/servers.ts';

/** A port of the host that a server uses, and what for. */
export type ClaimedPort = HostPort & { readonly use: 'game' | 'direct' | 'rcon' };

/**
 * The ports of its host that a server takes up: those players use and, where servers run as processes, RCON's. In a
 * container RCON's port is the container's own, and any number of servers may have the same.
 */
export function claimedPorts(
  { ports, rcon }: Pick<GameFacts, 'ports' | 'rcon'>,
  host: Pick<HostRecord, 'facts'>,
): readonly ClaimedPort[] {
  const players = ports.map(({ name, port, protocol }) => ({ use: name, port, protocol }));
  if (rcon === undefined || host.facts?.runtime.kind !== 'process') return players;
  return [...players, { use: 'rcon', port: rcon.port, protocol: 'tcp' }];
}

/** Every port that servers should have on a host, also deleted ones that are not purged: they may be restored. */
export function plannedPorts(servers: readonly ServerRecord[], host: Pick<HostRecord, 'facts'>): readonly TakenPort[] {
  return servers.flatMap(({ id, name, game, deletedAt }) =>
    claimedPorts(game, host).map((claimed) => ({
      ...claimed,
      holder: {
        kind: 'server' as const,
        name,
        serverId: id,
        ...(deletedAt === undefined ? {} : { isDeleted: true }),
      },
    })),
  );
}

/** Those of the wanted ports that someone else has. The first word on a port is the one that counts. */
export function conflictsAmong(
  wanted: readonly HostPort[],
  taken: readonly TakenPort[],
  exceptServerId: string | undefined,
): readonly TakenPort[] {
  return wanted.flatMap((port) => {
    const holder = taken.find(
      (one) => samePort(one, port) && (exceptServerId === undefined || one.holder.serverId !== exceptServerId),
    );
    return holder ? [holder] : [];
  });
}

/** Says whether two are the same port of the same protocol. */
export function samePort(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol;
}

/** What a range of ports has to be searched for. */
export interface PortSearch {
  readonly from: number;
  /** The last port of the range. */
  readonly to: number;
  readonly step: number;
  readonly count: number;
  /** True where RCON needs a port of the host. */
  readonly withRcon: boolean;
}

const firstRconPort = 27_015;
const lastRconPort = 27_999;

/** Sets of free ports, lowest first: a game port and the one after it, and where asked for the next free one for RCON. */
export function freeSets(
  taken: readonly HostPort[],
  { from, to, step, count, withRcon }: PortSearch,
): readonly PortSet[] {
  const used = new Set(taken.map(({ port, protocol }) => `${port}/${protocol}`));
  const isFree = (port: number, protocol: HostPort['protocol']): boolean => !used.has(`${port}/${protocol}`);
  const sets: PortSet[] = [];
  let rcon = firstRconPort;
  for (let game = from; game + 1 <= to && sets.length < count; game += step) {
    const direct = game + 1;
    if (!isFree(game, 'udp') || !isFree(direct, 'udp')) continue;
    while (withRcon && !isFree(rcon, 'tcp')) rcon += 1;
    if (withRcon && rcon > lastRconPort) break;
    sets.push({ game, direct, ...(withRcon ? { rcon } : {}) });
    rcon += 1;
  }
  return sets;
}

/** Where a server of this name looks for the game's ports first. */
export const usualRange = { from: 16_261, to: 16_400, step: 2 } as const;

/** What is wrong with the ports of a server, in words: `Port 16261/udp of beta belongs to alpha on box-1 already`. */
export function conflictsText(name: string, hostName: string, conflicts: readonly TakenPort[]): string {
  const byHolder = Map.groupBy(conflicts, ({ holder }) => JSON.stringify(holder));
  return [...byHolder.values()]
    .flatMap((some) => {
      const [first] = some;
      if (!first) return [];
      const list = some.map(({ port, protocol }) => `${port}/${protocol}`).join(', ');
      const isOne = some.length === 1;
      const what = `${isOne ? 'Port' : 'Ports'} ${list} of ${name}`;
      return [`${what} ${heldText(first.holder, hostName, isOne)}`];
    })
    .join('; ');
}

function heldText({ kind, name, pid, isStopped, isDeleted }: PortHolder, hostName: string, isOne: boolean): string {
  const belong = isOne ? 'belongs' : 'belong';
  switch (kind) {
    case 'server':
      return isDeleted
        ? `${isOne ? 'is' : 'are'} kept for ${name} on ${hostName}, which was deleted and is not purged`
        : `${belong} to ${name} on ${hostName} already`;
    case 'container':
      return `${belong} to the container ${name} on ${hostName}${isStopped ? ', which is stopped' : ''}`;
    case 'process':
      return `${isOne ? 'is' : 'are'} taken on ${hostName} by ${name}${pid === undefined ? '' : ` (pid ${pid})`}`;
  }
}

/** Makes the error for ports that someone else has. `free` are those that could be had instead. */
export function portsTaken(
  name: string,
  hostName: string,
  conflicts: readonly TakenPort[],
  free: readonly PortSet[],
): ZedopsError {
  return new ZedopsError('CONFLICT', conflictsText(name, hostName, conflicts), { hint: freeHint(hostName, free) });
}

/** What to do about ports that are taken. */
export function freeHint(hostName: string, [first]: readonly PortSet[]): string {
  if (!first) return `zedops port suggest --host ${hostName} --from <port> --to <port>`;
  const rcon = first.rcon === undefined ? '' : `, and ${first.rcon} for RCON`;
  return `free on ${hostName}: ${first.game} and ${first.direct}${rcon}; set them in the env file`;
}
