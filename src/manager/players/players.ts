import { type Clock, isoTime } from '../../platform/clock.ts';
import type { FleetEvent } from '../../protocol/entities/event.ts';
import type { PlayerSession, SeenName, ServerPlayer } from '../../protocol/entities/player.ts';
import { isSteamId } from '../../zomboid/players/player-deed.ts';
import { placeOfServer } from '../gateway/authorize.ts';
import type { Mirror } from '../hosts/mirror.ts';
import { type Identity, mayDo } from '../people/identity.ts';
import type { Db } from '../store/database.ts';
import { listEvents } from '../store/events.ts';
import { listPlayers, listSessions, type PlayerRecord, type SessionRecord } from '../store/players.ts';
import type { ServerRecord } from '../store/servers.ts';

/** Who is online on a server, by name, with what the host says of each; undefined while nobody knows. */
export type Online = ReadonlyMap<
  string,
  { readonly steamId?: string | undefined; readonly since?: string | undefined }
>;

/** Players as someone may see them: what hosts say now, joined with what is kept. */
export interface Players {
  online(server: Pick<ServerRecord, 'id' | 'hostId'>): Online | undefined;
  /** Those online on these servers, and the names of those servers of which it is not known who is. */
  onlineOn(
    identity: Identity,
    servers: readonly ServerRecord[],
    limit: number,
  ): Promise<{ players: ServerPlayer[]; unknown: string[] }>;
  /** Everyone known on these servers, or on any; those online first, then those seen last first. */
  known(
    identity: Identity,
    servers: readonly ServerRecord[] | undefined,
    filter: { readonly player?: string | undefined; readonly limit: number },
  ): Promise<ServerPlayer[]>;
  /** All names of the Steam accounts of these players; none where each has one name. */
  namesOf(identity: Identity, players: readonly Pick<ServerPlayer, 'steamId'>[]): Promise<readonly SeenName[]>;
  history(identity: Identity, filter: HistoryFilter): Promise<{ sessions: PlayerSession[]; events: FleetEvent[] }>;
}

/** Which past is wanted. */
export interface HistoryFilter {
  /** Absent: all. */
  readonly server?: ServerRecord | undefined;
  /** A Steam id, or a name in any case. */
  readonly player?: string | undefined;
  /** Milliseconds since 1970. */
  readonly since?: number | undefined;
  readonly limit: number;
}

/** What {@link createPlayers} is made of. */
export interface PlayersDeps {
  readonly db: Db;
  readonly mirror: Pick<Mirror, 'find' | 'isCurrent'>;
  readonly clock: Clock;
}

/** At most so many names of one player are looked for. */
const mostNames = 200;

/** Makes the view of players. */
export function createPlayers({ db, mirror, clock }: PlayersDeps): Players {
  const online: Players['online'] = ({ id, hostId }) => {
    const observed = mirror.isCurrent(hostId) ? mirror.find(id)?.observed : undefined;
    if (!observed) return undefined;
    if (observed.container !== undefined && observed.container.status !== 'running') return new Map();
    if (!observed.players) return observed.container === undefined ? new Map() : undefined;
    return new Map(observed.players.players.map(({ name, ...rest }) => [name, rest]));
  };

  const shown = (record: PlayerRecord): ServerPlayer => {
    const { name, steamId, server, serverId, host, hostId, firstSeenAt, lastSeenAt, playedMs, open } = record;
    const there = online({ id: serverId, hostId });
    const isOnline = there?.has(name);
    const now = there?.get(name);
    // The present session goes on as far as someone knows of it.
    const more = isOnline && open ? Math.max(0, clock.now() - open.seenAt) : 0;
    const since = isOnline ? (open ? isoTime(open.joinedAt) : now?.since) : undefined;
    const id = steamId ?? now?.steamId;
    return {
      ...{ name, server, serverId, host },
      ...(id === undefined ? {} : { steamId: id }),
      ...(isOnline === undefined ? {} : { online: isOnline }),
      ...(since === undefined ? {} : { since }),
      firstSeenAt: isoTime(firstSeenAt),
      lastSeenAt: isoTime(isOnline ? Math.max(lastSeenAt, clock.now()) : lastSeenAt),
      playedSeconds: (playedMs + more) / 1000,
      sessions: record.sessions,
      deaths: record.deaths,
    };
  };

  const known: Players['known'] = async (identity, servers, { player, limit }) => {
    const serverIds = servers?.map(({ id }) => id);
    const players = (await listPlayers(db, identity, { serverIds, player, limit })).map(shown);
    return [...players.filter((one) => one.online === true), ...players.filter((one) => one.online !== true)];
  };

  return {
    online,
    known,
    async onlineOn(identity, servers, limit) {
      const readable = servers.filter((server) => mayDo(identity, 'server:read', placeOfServer(server)));
      const unknown: string[] = [];
      const found: ServerPlayer[] = [];
      for (const server of readable) {
        const there = online(server);
        if (!there && server.power === 'on') unknown.push(server.name);
        if (!there || there.size === 0) continue;
        const names = [...there.keys()];
        const kept = await listPlayers(db, identity, { serverIds: [server.id], names, limit: names.length });
        const byName = new Map(kept.map((record) => [record.name, shown(record)]));
        for (const [name, { steamId, since }] of there) {
          const { id: serverId, name: serverName, hostName: host } = server;
          found.push(
            byName.get(name) ?? {
              ...{ name, server: serverName, serverId, host, online: true },
              ...(steamId === undefined ? {} : { steamId }),
              ...(since === undefined ? {} : { since }),
            },
          );
        }
      }
      return { players: found.slice(0, limit), unknown };
    },
    async namesOf(identity, all) {
      const steamIds = [...new Set(all.flatMap(({ steamId }) => steamId ?? []))];
      if (steamIds.length === 0) return [];
      const records = await listPlayers(db, identity, { steamIds, limit: mostNames });
      const byAccount = Map.groupBy(records, ({ steamId }) => steamId ?? '');
      return [...byAccount].flatMap(([steamId, seen]) => {
        const byName = [...Map.groupBy(seen, ({ name }) => name)];
        if (byName.length < 2) return [];
        return byName.map(([name, there]) => ({
          ...{ steamId, name },
          servers: there.map(({ server, serverId, lastSeenAt }) => ({
            ...{ server, serverId, lastSeenAt: isoTime(lastSeenAt) },
          })),
        }));
      });
    },
    async history(identity, { server, player, since, limit }) {
      const serverIds = server && [server.id];
      const records =
        player === undefined ? undefined : await listPlayers(db, identity, { serverIds, player, limit: mostNames });
      const names = records && [...new Set(records.map(({ name }) => name))];
      const sessions = await listSessions(db, identity, { serverIds, names, since, limit });
      const events = await listEvents(db, identity, {
        ...{ since, limit, serverId: server?.id },
        players: names ?? 'any',
      });
      // Another may have the same name elsewhere.
      const isMeant = (steamId: string | undefined): boolean =>
        player === undefined || !isSteamId(player) || steamId === undefined || steamId === player;
      return {
        sessions: sessions
          .filter(({ steamId }) => isMeant(steamId))
          .map((session) => sessionOf(session, mirror.isCurrent(session.hostId))),
        events: events.filter((event) => isMeant(event.player?.steamId)),
      };
    },
  };
}

function sessionOf(session: SessionRecord, hostIsThere: boolean): PlayerSession {
  const { name, steamId, server, serverId, host, joinedAt, seenAt, leftAt, ending, deaths } = session;
  return {
    ...{ name, server, serverId, host, deaths },
    ...(steamId === undefined ? {} : { steamId }),
    joinedAt: isoTime(joinedAt),
    seenAt: isoTime(seenAt),
    ...(leftAt === undefined ? {} : { leftAt: isoTime(leftAt) }),
    state: stateOf(session, hostIsThere),
    ...(leftAt !== undefined && (ending === 'kicked' || ending === 'banned') ? { removed: ending } : {}),
  };
}

function stateOf({ leftAt, ending }: SessionRecord, hostIsThere: boolean): PlayerSession['state'] {
  if (leftAt === undefined || ending === undefined) return hostIsThere ? 'open' : 'away';
  return ending === 'kicked' || ending === 'banned' ? 'left' : ending;
}
