import type { ServerSummary } from '../../protocol/entities/server.ts';
import { type Cell, duration, moment, table } from './format.ts';

/** Deleted servers: when each is purged, and where its world lies until then. */
export function deletedTable(servers: readonly ServerSummary[], now: number): string {
  const rows = servers.map(({ name, host, deletion, detail }): Cell[] => [
    name,
    host,
    deletion && moment(deletion.deletedAt),
    deletion && purgeText(deletion.purgeAt, now, host),
    [deletion?.keptAt, detail === undefined ? undefined : `(${detail})`].filter(Boolean).join(' '),
  ]);
  return table(['NAME', 'HOST', 'DELETED', 'PURGED', 'WORLD'], rows);
}

function purgeText(purgeAt: string | undefined, now: number, host: string): string {
  if (purgeAt === undefined) return 'never by itself';
  const seconds = (Date.parse(purgeAt) - now) / 1000;
  return seconds > 0 ? `in ${duration(seconds)}` : `due, once ${host} is online`;
}
