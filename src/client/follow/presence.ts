import type { FleetEvent } from '../../protocol/entities/event.ts';
import type { ServerPlayer } from '../../protocol/entities/player.ts';

/** Who is online, as the manager answers it as a whole. */
export interface PlayersLook {
  readonly players: readonly ServerPlayer[];
  /** Servers that run and of which it is not known who is online. */
  readonly unknown: readonly string[];
}

/** Somebody who was there at first, came, or went. */
export interface PresenceChange {
  /** ISO time: of the event that says so, or of the answer in which it was seen. */
  readonly at: string;
  readonly change: 'online' | 'joined' | 'left';
  readonly player: ServerPlayer;
}

/** Players as a viewer has them, kept up by answers and events. */
export interface Presence {
  /** Takes a whole answer of `at` (ISO time); gives what is other than before. */
  look(look: PlayersLook, at: string): readonly PresenceChange[];
  /** Takes what happened to a player; gives nothing for what is known already. */
  event(event: FleetEvent): readonly PresenceChange[];
  /** Those online first, as the manager's answer was ordered, then those who came since. */
  now(): PlayersLook;
  /** How many are online on a server. */
  count(serverId: string): number;
  /** Whether the last answer says of a server that nobody knows who is on it. */
  isUnknown(server: string): boolean;
}

/** Makes the view of a viewer who knows nothing yet; with `keepsAll` those who left stay in it. */
export function createPresence(keepsAll: boolean): Presence {
  let all = new Map<string, ServerPlayer>();
  let unknown: readonly string[] = [];
  let isFirst = true;

  return {
    look(look, at) {
      const before = all;
      unknown = look.unknown;
      all = new Map(look.players.map((player) => [keyOf(player), player]));
      const changes: PresenceChange[] = [];
      for (const [key, player] of before) {
        if (!player.online || all.get(key)?.online) continue;
        // They have not left: nobody can tell of their server now.
        if (unknown.includes(player.server)) all.set(key, player);
        else changes.push({ at, change: 'left', player });
      }
      for (const [key, player] of all) {
        if (!player.online || before.get(key)?.online) continue;
        changes.push({ at, change: isFirst ? 'online' : 'joined', player });
      }
      isFirst = false;
      return changes;
    },
    event({ kind, at, server, serverId, host, player: about }) {
      if (server === undefined || serverId === undefined || about === undefined) return [];
      const { name, steamId } = about;
      const key = keyOf({ serverId, name });
      const known = all.get(key);
      if (kind === 'player-joined' && !known?.online) {
        const id = steamId ?? known?.steamId;
        const player: ServerPlayer = {
          ...known,
          ...{ name, server, serverId, host, online: true, since: at },
          ...(id === undefined ? {} : { steamId: id }),
        };
        all.set(key, player);
        return [{ at, change: 'joined', player }];
      }
      // What happened before they came again is the past.
      if (kind !== 'player-left' || !known?.online || (known.since !== undefined && known.since > at)) return [];
      const { since: _, ...rest } = known;
      const player = { ...rest, online: false, lastSeenAt: at };
      if (keepsAll) all.set(key, player);
      else all.delete(key);
      return [{ at, change: 'left', player }];
    },
    now: () => ({
      players: [...all.values()].toSorted((a, b) => Number(b.online === true) - Number(a.online === true)),
      unknown,
    }),
    count: (serverId) => [...all.values()].filter((one) => one.online && one.serverId === serverId).length,
    isUnknown: (server) => unknown.includes(server),
  };
}

function keyOf({ serverId, name }: Pick<ServerPlayer, 'serverId' | 'name'>): string {
  return `${serverId} ${name}`;
}
