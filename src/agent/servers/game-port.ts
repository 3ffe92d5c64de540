import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { RuntimeKind } from '../../protocol/entities/host.ts';
import type { DesiredServer, ServerEvidence } from '../../protocol/entities/server.ts';

/** Where a game runs, as far as this host can look into it. */
export interface GameProcess {
  /** Id of its container; a record's id where no engine runs it. */
  readonly id: string;
  /** Its main process; absent where nobody tells. */
  readonly pid?: number | undefined;
  readonly kind: RuntimeKind;
}

/** Which of a server's ports are bound where it runs; undefined where that cannot be known, or it has no such port. */
export type BoundPorts = Pick<ServerEvidence, 'gamePort' | 'directPort'>;

/** Says which of a server's ports are bound where it runs, from the kernel's tables of sockets below `proc`. */
export async function boundPorts(server: DesiredServer, game: GameProcess, proc = '/proc'): Promise<BoundPorts> {
  const isBound = async (wanted: 'game' | 'direct'): Promise<boolean | undefined> => {
    const port = server.game.ports.find(({ name, protocol }) => name === wanted && protocol === 'udp')?.port;
    return port === undefined ? undefined : isUdpPortBound(proc, game, port);
  };
  const [gamePort, directPort] = await Promise.all([isBound('game'), isBound('direct')]);
  return { gamePort, directPort };
}

const mostProcesses = 256;
const mostFiles = 4_096;

/**
 * Says whether a UDP port is bound where a game runs, from the kernel's tables of sockets below `proc`. Undefined where
 * that cannot be known: another host's process, another user's, or a port that someone else on the host may have.
 */
export async function isUdpPortBound(proc: string, game: GameProcess, port: number): Promise<boolean | undefined> {
  const { pid, id, kind } = game;
  if (pid === undefined) return undefined;
  // Engines elsewhere (another host, a virtual machine) tell numbers that are other processes here.
  if (kind === 'docker' && !(await readOrUndefined(join(proc, `${pid}/cgroup`)))?.includes(id)) return undefined;
  const tables = await Promise.all(['udp', 'udp6'].map((name) => readOrUndefined(join(proc, `${pid}/net/${name}`))));
  const [ipv4, ipv6] = tables;
  if (ipv4 === undefined) return undefined;
  const inodes = [...socketsOn(ipv4, port), ...socketsOn(ipv6 ?? '', port)];
  if (inodes.length === 0) return false;
  // A container has a network of its own. A bare process shares the host's, where the socket may be anyone's.
  if (kind === 'docker') return true;
  const own = await socketsOf(proc, pid);
  return inodes.some((inode) => own.has(inode)) ? true : undefined;
}

/**
 * Inodes of the sockets bound to a port, from a table as the kernel writes it: the local address is the second field,
 * `<hex address>:<hex port>`, and the inode the tenth. Source: proc_pid_net(5).
 */
export function socketsOn(table: string, port: number): readonly string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const inode = fields[9];
    return fields[1]?.endsWith(wanted) === true && inode !== undefined ? [inode] : [];
  });
}

/** Inodes of the sockets that a process and those it started have open. What may not be looked at is left out. */
async function socketsOf(proc: string, root: number): Promise<ReadonlySet<string>> {
  const inodes = new Set<string>();
  const pids = [root];
  for (let at = 0; at < Math.min(pids.length, mostProcesses); at += 1) {
    const folder = join(proc, String(pids[at]));
    const children = await readOrUndefined(join(folder, `task/${pids[at]}/children`));
    for (const child of (children ?? '').split(' ')) if (/^\d+$/.test(child)) pids.push(Number(child));
    for (const name of (await listOrNothing(join(folder, 'fd'))).slice(0, mostFiles)) {
      const inode = /^socket:\[(\d+)\]$/.exec(await linkOrNothing(join(folder, 'fd', name)))?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  }
  return inodes;
}

async function readOrUndefined(file: string): Promise<string | undefined> {
  return orElse(readFile(file, 'latin1'), undefined);
}

async function listOrNothing(folder: string): Promise<readonly string[]> {
  return orElse(readdir(folder), []);
}

async function linkOrNothing(file: string): Promise<string> {
  return orElse(readlink(file), '');
}

/** A process may end while it is looked at, and what is another user's may not be read: neither is known then. */
async function orElse<Value, Otherwise>(reading: Promise<Value>, otherwise: Otherwise): Promise<Value | Otherwise> {
  try {
    return await reading;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== undefined && ['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'EINVAL'].includes(code)) return otherwise;
    throw error;
  }
}
