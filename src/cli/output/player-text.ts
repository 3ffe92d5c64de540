import type { ServerPlayer } from '../../protocol/entities/player.ts';
import { type Cell, duration, moment, table } from './format.ts';

/** Players as a table; `now` in milliseconds since 1970, for how long they are online. */
export function playersTable(players: readonly ServerPlayer[], now: number): string {
  if (players.length === 0) return '';
  const rows = players.map(({ name, server, steamId, online, since, lastSeenAt, playedSeconds }): Cell[] => [
    name,
    server,
    online ? (since === undefined ? 'yes' : duration(Math.max(0, (now - Date.parse(since)) / 1000))) : seen(online),
    playedSeconds === undefined ? undefined : duration(playedSeconds),
    online || lastSeenAt === undefined ? undefined : moment(lastSeenAt),
    steamId,
  ]);
  return table(['NAME', 'SERVER', 'ONLINE', 'PLAYED', 'LAST SEEN', 'STEAM ID'], rows);
}

function seen(online: boolean | undefined): string {
  return online === undefined ? 'unknown' : 'no';
}
