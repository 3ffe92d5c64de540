import type { UnmanagedServer } from '../../protocol/entities/adoption.ts';
import { hostUnmanaged } from '../../protocol/operations/adoption.ts';
import { hostList } from '../../protocol/operations/host.ts';
import type { Context } from '../grammar/command.ts';
import { type Cell, table } from './format.ts';

type Found = UnmanagedServer & { readonly host: string };

/** Shows what could be adopted on a host, or on all that are online. */
export async function listUnmanaged(host: string | undefined, context: Context): Promise<void> {
  const { signal, talk } = context;
  const manager = await context.manager();
  const hosts = host === undefined ? await onlineHosts(context) : [host];
  const found: Found[] = [];
  for (const one of hosts) {
    const reply = await manager.call(hostUnmanaged, { host: one }, signal);
    found.push(...reply.servers.map((server) => ({ ...server, host: reply.host })));
  }
  if (found.length === 0) talk.note('Nothing that looks like a game server and is not run by ZedOps.');
  talk.show({ unmanaged: found }, () => (found.length === 0 ? '' : text(found)));
  const first = found[0];
  if (first) {
    const what = first.kind === 'container' ? '--container' : '--data';
    talk.note(`zedops server adopt <name> --host ${first.host} ${what} ${first.name} --copy --dry-run`);
  }
}

async function onlineHosts(context: Context): Promise<readonly string[]> {
  const { hosts } = await (await context.manager()).call(hostList, {}, context.signal);
  for (const { name, connection } of hosts) {
    if (connection === 'offline') context.talk.warn(`${name} is offline, and was not asked`);
  }
  return hosts.filter(({ connection }) => connection === 'online').map(({ name }) => name);
}

function text(found: readonly Found[]): string {
  const rows = found.map(({ name, host, status, image, ports, worlds, because }): Cell[] => [
    ...[name, host, status, image, ports.join(' '), worlds.join(' ')],
    because.join('; '),
  ]);
  return table(['NAME', 'HOST', 'STATUS', 'IMAGE', 'PORTS', 'WORLDS', 'WHY'], rows);
}
