import { createReadStream } from 'node:fs';
import { opendir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, systemErrorCode } from '../../platform/files/atomic-file.ts';
import type { HostPort } from '../../protocol/entities/port.ts';

/** A port that a socket of this host is bound to. `inode` names the socket. */
export interface BoundPort extends HostPort {
  readonly inode: string;
  /** True where nothing but this host itself can reach it. */
  readonly isLoopback: boolean;
}

/** The program that has a socket open, as far as this process may see it. */
export interface SocketOwner {
  readonly pid: number;
  /** What the kernel calls it: 15 characters at most. */
  readonly name: string;
}

const tables = [
  { file: 'tcp', protocol: 'tcp' },
  { file: 'tcp6', protocol: 'tcp' },
  { file: 'udp', protocol: 'udp' },
  { file: 'udp6', protocol: 'udp' },
] as const;

const largestTableBytes = 16 * 1024 * 1024;
const mostProcesses = 16_384;
const mostFilesOfOne = 16_384;

/**
 * Reads a table of sockets as the kernel writes it below `/proc/net`: one line for each, with the local address as
 * `<hex address>:<hex port>` in the second field, the state in the fourth and the inode in the tenth. A TCP port is taken
 * by who listens on it; a UDP port by any socket that is bound to it. Source: proc_pid_net(5).
 */
export function parseSockets(text: string, protocol: HostPort['protocol']): readonly BoundPort[] {
  const listening = '0A';
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, local = '', , state] = fields;
    const inode = fields[9];
    const [, address = '', port] = /^([0-9A-F]{8,32}):([0-9A-F]{4})$/.exec(local) ?? [];
    if (port === undefined || inode === undefined || Number.parseInt(port, 16) === 0) return [];
    if (protocol === 'tcp' && state !== listening) return [];
    return [{ port: Number.parseInt(port, 16), protocol, inode, isLoopback: isLoopback(address) }];
  });
}

/** 127.0.0.0/8, that range in IPv6 wrapping, or ::1, each 32 bits in the order of a little-endian machine. */
function isLoopback(address: string): boolean {
  return /^(?:0{16}F{4}0{4})?[0-9A-F]{6}7F$/.test(address) || address === '00000000000000000000000001000000';
}

/** Every port of this host that a socket has. A table that is not there (no IPv6) is empty. `proc` is `/proc`. */
export async function boundPorts(proc: string): Promise<readonly BoundPort[]> {
  const read = tables.map(async ({ file, protocol }) =>
    parseSockets(await readTable(join(proc, 'net', file)), protocol),
  );
  return (await Promise.all(read)).flat();
}

/**
 * Finds the programs that have these sockets open, by inode. What belongs to others is found by root alone; a program
 * that ends meanwhile is left out.
 */
export async function socketOwners(
  proc: string,
  inodes: ReadonlySet<string>,
): Promise<ReadonlyMap<string, SocketOwner>> {
  const owners = new Map<string, SocketOwner>();
  if (inodes.size === 0) return owners;
  let seen = 0;
  for await (const { name: pid } of await opendir(proc)) {
    if (!/^\d+$/.test(pid)) continue;
    seen += 1;
    if (seen > mostProcesses || owners.size === inodes.size) break;
    for (const inode of await socketsOf(join(proc, pid, 'fd'), inodes)) {
      if (owners.has(inode)) continue;
      const name = await unlessGone(() => readFile(join(proc, pid, 'comm'), 'utf8'));
      if (name !== undefined) owners.set(inode, { pid: Number(pid), name: name.trim() });
    }
  }
  return owners;
}

async function socketsOf(folder: string, wanted: ReadonlySet<string>): Promise<readonly string[]> {
  const files = await unlessGone(() => opendir(folder));
  if (!files) return [];
  const found: string[] = [];
  let seen = 0;
  try {
    for await (const { name } of files) {
      seen += 1;
      if (seen > mostFilesOfOne) break;
      const target = await unlessGone(() => readlink(join(folder, name)));
      const inode = /^socket:\[(\d+)\]$/.exec(target ?? '')?.[1];
      if (inode !== undefined && wanted.has(inode)) found.push(inode);
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  return found;
}

async function readTable(path: string): Promise<string> {
  let text = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'latin1', end: largestTableBytes }))
      text += String(chunk);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return text;
}

/** Programs end while they are looked at, and those of others may not be looked into. */
async function unlessGone<Result>(look: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return isMissing(error) || ['EACCES', 'EPERM', 'ESRCH', 'EINVAL'].includes(systemErrorCode(error) ?? '');
}
