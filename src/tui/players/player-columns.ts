import type { FleetEvent } from '../../protocol/entities/event.ts';
import type { PlayerSession, ServerPlayer } from '../../protocol/entities/player.ts';
import { type Column, unknown } from '../components/columns.ts';
import type { Piece } from '../pieces.ts';
import { shortSpan, timeOfDay } from '../spans.ts';
import type { Tone } from '../theme.ts';

/** The columns of players. `now` in milliseconds since 1970; `isFleet`: they are of several servers. */
export function playerColumns(now: number, isFleet: boolean): readonly Column<ServerPlayer>[] {
  const server: Column<ServerPlayer> = { title: 'SERVER', priority: 2, most: 24, least: 8, cell: (one) => one.server };
  return [
    { title: 'PLAYER', priority: 0, most: 32, least: 12, cell: ({ name }) => ['strong', name] },
    ...(isFleet ? [server] : []),
    { title: 'ONLINE', priority: 1, most: 8, align: 'right', cell: (one) => onlineCell(one, now) },
    { title: 'PLAYED', priority: 4, most: 8, align: 'right', cell: ({ playedSeconds }) => span(playedSeconds) },
    {
      title: 'DEATHS',
      priority: 6,
      most: 6,
      align: 'right',
      cell: ({ deaths }) => (deaths === undefined ? unknown : String(deaths)),
    },
    {
      title: 'SEEN',
      isRare: true,
      priority: 5,
      most: 12,
      cell: ({ online, lastSeenAt }) =>
        online || lastSeenAt === undefined ? unknown : `${span((now - Date.parse(lastSeenAt)) / 1000)} ago`,
    },
    { title: 'STEAM ID', priority: 3, most: 17, cell: ({ steamId }) => ['dim', steamId ?? unknown] },
  ];
}

function onlineCell({ online, since }: ServerPlayer, now: number): Piece {
  if (online === undefined) return ['warn', 'unknown'];
  if (!online) return ['dim', 'no'];
  return ['good', since === undefined ? 'yes' : span((now - Date.parse(since)) / 1000)];
}

const span = (seconds: number | undefined): string => (seconds === undefined ? unknown : shortSpan(seconds));

const tones: Readonly<Record<string, Tone>> = {
  'player-joined': 'good',
  'player-left': 'dim',
  'player-died': 'bad',
  'player-said': 'accent',
};

/** Says whether an event is about what a player did. */
export function isOfPlayer({ kind }: FleetEvent): boolean {
  return kind in tones;
}

/** What a player did, as a row. */
export function deedRow({ at, kind, server, text }: FleetEvent, isFleet: boolean): readonly Piece[] {
  const where: Piece[] = isFleet && server !== undefined ? [['strong', `${server} `]] : [];
  return [['dim', `${timeOfDay(at)} `], ...where, [tones[kind] ?? 'plain', text]];
}

/** Stays of before, which come before the first event that is kept. */
export function sessionRow(session: PlayerSession, isFleet: boolean): readonly Piece[] {
  const { name, server, joinedAt, leftAt, seenAt, state } = session;
  const seconds = (Date.parse(leftAt ?? seenAt) - Date.parse(joinedAt)) / 1000;
  const where = isFleet ? ` on ${server}` : '';
  return [
    ['dim', `${joinedAt.slice(0, 10)} ${timeOfDay(joinedAt)} ${name}${where} stayed ${shortSpan(seconds)}, ${state}`],
  ];
}

/** Players that fit a filter: by name, server or Steam id, in any case. Who is online comes first, then by name. */
export function shownPlayers(players: readonly ServerPlayer[], filter: string): readonly ServerPlayer[] {
  const wanted = filter.trim().toLowerCase();
  return players
    .filter(({ name, server, steamId }) =>
      [name, server, steamId ?? ''].some((text) => text.toLowerCase().includes(wanted)),
    )
    .toSorted((a, b) => Number(b.online === true) - Number(a.online === true) || compare(a, b));
}

function compare(a: ServerPlayer, b: ServerPlayer): number {
  const [first, second] = [a, b].map(({ name, server }) => `${name.toLowerCase()} ${server}`);
  return (first ?? '') < (second ?? '') ? -1 : 1;
}

/** Tells a player on one server from all others. */
export function playerKey({ serverId, name }: Pick<ServerPlayer, 'serverId' | 'name'>): string {
  return `${serverId} ${name}`;
}
