import { ZedopsError } from '../../protocol/errors.ts';
import { playerFind } from '../../protocol/operations/player.ts';
import type { Permission } from '../../protocol/permissions.ts';
import type { Build } from '../../zomboid/commands/command.ts';
import { isSteamId } from '../../zomboid/players/player-deed.ts';
import { lacks, placeOfServer, visibleServer } from '../gateway/authorize.ts';
import type { Mirror } from '../hosts/mirror.ts';
import { type Identity, mayDo } from '../people/identity.ts';
import type { Db } from '../store/database.ts';
import { foldName } from '../store/player-ledger.ts';
import { listPlayers } from '../store/players.ts';
import { listServers, type ServerRecord } from '../store/servers.ts';
import type { Players } from './players.ts';

/** Whom someone means, and where. */
export interface PlayerWish {
  /** A name in any case, or a Steam id. */
  readonly player: string;
  /** Absent: the server they are online on. */
  readonly server?: string | undefined;
  /** `online`: they have to be there now, as far as that is known. */
  readonly presence: 'online' | 'any';
}

/** The one that is meant. */
export interface AimedPlayer {
  /** As the game has it; a Steam id where no name is known for it. */
  readonly name: string;
  readonly steamId: string | undefined;
  readonly server: ServerRecord;
  readonly build: Build | undefined;
}

/**
 * Finds the one player that is meant, for someone who needs `permission` there.
 * @throws ZedopsError NOT_FOUND for nobody, CONFLICT where it could be one of several, FORBIDDEN.
 */
export type PlayerAim = (
  identity: Identity,
  permission: Permission,
  subject: string,
  wish: PlayerWish,
) => Promise<AimedPlayer>;

/** What {@link createPlayerAim} is made of. */
export interface PlayerAimDeps {
  readonly db: Db;
  readonly mirror: Pick<Mirror, 'find'>;
  readonly players: Pick<Players, 'online'>;
}

interface Candidate {
  readonly name: string;
  readonly steamId: string | undefined;
  readonly server: ServerRecord;
  readonly isOnline: boolean;
}

const mostKept = 200;

/** Makes what finds players by what people call them. */
export function createPlayerAim({ db, mirror, players }: PlayerAimDeps): PlayerAim {
  /** Everyone who is called so on these servers, now or before. */
  const candidates = async (
    identity: Identity,
    servers: readonly ServerRecord[],
    player: string,
  ): Promise<readonly Candidate[]> => {
    const serverIds = servers.map(({ id }) => id);
    const kept = await listPlayers(db, identity, { serverIds, player, limit: mostKept });
    return servers.flatMap((server) => {
      const here = new Map<string, Candidate>();
      for (const { serverId, name, steamId } of kept) {
        if (serverId === server.id) here.set(name, { name, steamId, server, isOnline: false });
      }
      for (const [name, { steamId }] of players.online(server) ?? []) {
        const known = here.get(name);
        const id = steamId ?? known?.steamId;
        const isMeant = isSteamId(player) ? id === player : foldName(name) === foldName(player);
        if (isMeant) here.set(name, { name, steamId: id, server, isOnline: true });
        else here.delete(name);
      }
      return [...here.values()];
    });
  };

  const found = (
    { name, steamId, server }: Omit<Candidate, 'isOnline'>,
    identity: Identity,
    permission: Permission,
    subject: string,
  ): AimedPlayer => {
    if (!mayDo(identity, permission, placeOfServer(server))) throw lacks(subject, permission, server.name);
    const version = mirror.find(server.id)?.observed.gameVersion?.split('.')[0];
    return { name, steamId, server, build: version === '41' || version === '42' ? version : undefined };
  };

  const anywhere = async (identity: Identity, player: string): Promise<Candidate> => {
    const servers = await listServers(db, identity, { deleted: false });
    const all = await candidates(identity, servers, player);
    const [one, ...others] = all.filter(({ isOnline }) => isOnline);
    if (one && others.length === 0) return one;
    if (one) throw ambiguous(player, [one, ...others]);
    const where = [...new Set(all.map(({ server }) => server.name))];
    const seen = where.length === 0 ? '' : `; seen on ${listed(where)}`;
    throw new ZedopsError('NOT_FOUND', `${player} is not known to be online on any server${seen}`, {
      hint: `add --server ${where[0] ?? '<name>'} to say where`,
    });
  };

  const onServer = async (
    identity: Identity,
    server: ServerRecord,
    { player, presence }: PlayerWish,
  ): Promise<Omit<Candidate, 'isOnline'>> => {
    const all = await candidates(identity, [server], player);
    const present = all.filter(({ isOnline }) => isOnline);
    const meant = presence === 'online' ? present : all;
    const [one, ...others] = meant;
    if (isSteamId(player) && presence === 'any') {
      // Deeds to a Steam id need no name; one Steam account may have had several.
      const [only, ...more] = present.length > 0 ? present : all;
      return { name: only && more.length === 0 ? only.name : player, steamId: player, server };
    }
    if (one && others.length === 0) return one;
    if (one) throw ambiguous(player, meant);
    const isKnown = players.online(server) !== undefined;
    if (presence === 'any' || (!isKnown && !isSteamId(player))) return { name: player, steamId: undefined, server };
    throw new ZedopsError('NOT_FOUND', `${player} is not online on ${server.name}`, {
      hint: `zedops player list ${server.name}`,
    });
  };

  return async (identity, permission, subject, wish) => {
    if (wish.server === undefined) {
      return found(await anywhere(identity, wish.player), identity, permission, subject);
    }
    const server = await visibleServer(db, identity, permission, wish.server);
    // Before anything is said of who plays there.
    const isAllowed = mayDo(identity, permission, placeOfServer(server));
    if (!isAllowed) throw lacks(subject, permission, server.name);
    return found(await onServer(identity, server, wish), identity, permission, subject);
  };
}

/** The permission and subject with which anyone who may read may look whom an action would mean. */
export const lookOnly = { permission: playerFind.permission, subject: playerFind.subject } as const;

function ambiguous(player: string, several: readonly Candidate[]): ZedopsError {
  const who = several.map(
    ({ name, steamId, server }) => `${name} on ${server.name}${steamId === undefined ? '' : ` (${steamId})`}`,
  );
  const servers = new Set(several.map(({ server }) => server.id));
  return new ZedopsError('CONFLICT', `${player} could be one of ${several.length}: ${listed(who)}`, {
    hint: servers.size > 1 ? 'add --server' : 'name them by Steam id',
  });
}

function listed(words: readonly string[]): string {
  return `${words.slice(0, 10).join(', ')}${words.length > 10 ? ', …' : ''}`;
}
