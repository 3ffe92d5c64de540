import type * as z from 'zod';
import type { SeenName } from '../../protocol/entities/player.ts';
import type { playerShow } from '../../protocol/operations/player.ts';
import { counted, duration, moment, pairs } from './format.ts';

/** A player as `player.show` tells of one. */
export type ShownPlayer = z.output<typeof playerShow.reply>['servers'][number];

/** The other names of the same Steam account; of those that were never seen on this server, where they were. */
function otherNames({ name, steamId, serverId }: ShownPlayer, names: readonly SeenName[]): string | undefined {
  const others = names.filter((one) => one.steamId === steamId && one.name !== name);
  if (others.length === 0) return undefined;
  const isHere = (one: SeenName): boolean => one.servers.some((seen) => seen.serverId === serverId);
  return [...others.filter(isHere), ...others.filter((one) => !isHere(one))]
    .map((one) => (isHere(one) ? one.name : `${one.name} (on ${one.servers.map(({ server }) => server).join(', ')})`))
    .join(', ');
}

/** A player on one server in words; `names` are those of every Steam account that is shown. */
export function playerDetails(player: ShownPlayer, names: readonly SeenName[]): string {
  const { account, steamBan, accountUnknown, online, playedSeconds, sessions = 0, deaths = 0, steamId } = player;
  const presence =
    online === undefined
      ? 'not known now'
      : online
        ? `yes${player.since === undefined ? '' : `, since ${moment(player.since)}`}`
        : 'no';
  const banned =
    accountUnknown !== undefined
      ? undefined
      : steamBan !== undefined
        ? `yes, by Steam id${steamBan.reason === undefined ? '' : `: ${steamBan.reason}`}`
        : account?.isBanned
          ? 'yes'
          : 'no';
  return pairs([
    ['player', player.name],
    ['also seen as', otherNames(player, names)],
    ['Steam id', steamId],
    ['server', `${player.server} on ${player.host}`],
    ['online', presence],
    ['first seen', player.firstSeenAt && moment(player.firstSeenAt)],
    ['last seen', player.lastSeenAt && moment(player.lastSeenAt)],
    [
      'played',
      playedSeconds === undefined
        ? undefined
        : `${duration(playedSeconds)} in ${counted(sessions, 'stay')}, ${counted(deaths, 'death')}`,
    ],
    ['access', account?.accessLevel],
    ['banned', banned],
    ['account', accountUnknown === undefined ? (account ? undefined : 'none') : `not known: ${accountUnknown}`],
  ]);
}
