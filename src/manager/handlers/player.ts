import { ZedopsError } from '../../protocol/errors.ts';
import {
  playerAccess,
  playerBan,
  playerFind,
  playerHistory,
  playerKick,
  playerList,
  playerMessage,
  playerShow,
  playerTeleport,
  playerUnban,
  playerWhitelistAdd,
  playerWhitelistRemove,
  serverBroadcast,
} from '../../protocol/operations/player.ts';
import { commandLine } from '../../zomboid/commands/command-line.ts';
import { isPlace, isSteamId, type PlayerDeed, playerLine } from '../../zomboid/players/player-deed.ts';
import type { TellGame } from '../events/game-line.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { selectServers } from '../fleet/select-servers.ts';
import { serverNamed } from '../gateway/authorize.ts';
import { handleOnManager, type ManagerContext, serverOf } from '../gateway/context.ts';
import type { AccountFinder } from '../players/account-finder.ts';
import { type AimedPlayer, lookOnly, type PlayerAim, type PlayerWish } from '../players/player-aim.ts';
import type { Players } from '../players/players.ts';
import type { Db } from '../store/database.ts';
import { listServers } from '../store/servers.ts';

/** What the handlers of players need. */
export interface PlayerHandlerDeps {
  readonly db: Db;
  readonly fleet: Pick<Fleet, 'server'>;
  readonly players: Players;
  readonly accounts: AccountFinder;
  readonly aim: PlayerAim;
  readonly tell: TellGame;
}

/** Players of one name that `player.show` tells of. */
const mostShown = 50;

/** Handlers of players: who plays where, and what is done to them. */
export function playerHandlers({ db, fleet, players, accounts, aim, tell }: PlayerHandlerDeps) {
  /** Finds who is meant, makes the line and tells the game. */
  const act = async (
    operation: { readonly subject: string; readonly permission: 'player:manage' },
    wish: PlayerWish,
    deedOf: (aimed: AimedPlayer) => PlayerDeed | Promise<PlayerDeed>,
    context: Pick<ManagerContext, 'id' | 'signal' | 'identity' | 'about'>,
  ) => {
    const { permission, subject } = operation;
    const aimed = await aim(context.identity, permission, subject, wish);
    const { server, build } = aimed;
    context.about(server.name);
    const deed = await deedOf(aimed);
    const told = await tell(server, build, playerLine(build, deed), context);
    return { player: deed.name, server: server.name, ...told };
  };
  const steamIdOf = (player: string): string | undefined => (isSteamId(player) ? player : undefined);

  return [
    handleOnManager(playerList, async ({ server: ref, on, all, limit }, { identity }) => {
      const named = ref === undefined ? undefined : await serverNamed(db, identity, ref);
      const visible = named ? [named] : await listServers(db, identity, { deleted: false });
      const rows = visible.map((server) => ({ summary: fleet.server(server), hostTags: server.hostTags }));
      const chosen = on === undefined ? undefined : new Set(selectServers(on, rows).servers.map(({ id }) => id));
      const servers = chosen === undefined ? visible : visible.filter(({ id }) => chosen.has(id));
      const online = await players.onlineOn(identity, servers, limit);
      if (!all) return online;
      const known = await players.known(identity, servers, { limit });
      const key = (one: { readonly serverId: string; readonly name: string }): string => `${one.serverId} ${one.name}`;
      const kept = new Set(known.map(key));
      const fresh = online.players.filter((one) => !kept.has(key(one)));
      return { players: [...fresh, ...known].slice(0, limit), unknown: online.unknown };
    }),
    handleOnManager(playerShow, async ({ player, server: ref }, { identity, signal }) => {
      const server = ref === undefined ? undefined : await serverNamed(db, identity, ref);
      const known = await players.known(identity, server && [server], { player, limit: mostShown });
      const servers = await accounts.join(identity, known, { player, server, signal });
      if (servers.length > 0) {
        const names = await players.namesOf(identity, servers);
        return { servers, ...(names.length === 0 ? {} : { names: [...names] }) };
      }
      throw new ZedopsError('NOT_FOUND', `Nobody called ${player} was seen${server ? ` on ${server.name}` : ''}`, {
        hint: server ? 'zedops player list --all' : `add --server <name> to look into a server's own accounts`,
      });
    }),
    handleOnManager(playerHistory, async ({ player, server: ref, since, limit }, { identity }) => {
      const server = ref === undefined ? undefined : await serverNamed(db, identity, ref);
      return players.history(identity, {
        ...{ server, player, limit },
        since: since === undefined ? undefined : Date.parse(since),
      });
    }),
    handleOnManager(playerFind, async (wish, { identity }) => {
      const { name, steamId, server, build } = await aim(identity, lookOnly.permission, lookOnly.subject, wish);
      return {
        ...{ name, server: server.name, serverId: server.id },
        ...(steamId === undefined ? {} : { steamId }),
        ...(build === undefined ? {} : { build }),
      };
    }),
    handleOnManager(playerKick, ({ player, server, reason }, context) =>
      act(playerKick, { player, server, presence: 'online' }, ({ name }) => ({ deed: 'kick', name, reason }), context),
    ),
    handleOnManager(playerBan, ({ player, server, reason }, context) => {
      const steamId = steamIdOf(player);
      const deedOf = ({ name }: AimedPlayer) => ({ deed: 'ban', name, steamId, reason }) as const;
      return act(playerBan, { player, server, presence: 'any' }, deedOf, context);
    }),
    handleOnManager(playerUnban, ({ player, server }, context) => {
      const deedOf = ({ name }: AimedPlayer) => ({ deed: 'unban', name, steamId: steamIdOf(player) }) as const;
      return act(playerUnban, { player, server, presence: 'any' }, deedOf, context);
    }),
    handleOnManager(playerWhitelistAdd, async ({ player, server, password }, context) => {
      const steamId = steamIdOf(player);
      const deedOf = ({ name }: AimedPlayer) => ({ deed: 'whitelist-add', name, steamId, password }) as const;
      const told = await act(playerWhitelistAdd, { player, server, presence: 'any' }, deedOf, context);
      // Build 41 says the password back.
      return password === undefined ? told : { ...told, answer: told.answer.replaceAll(password, '***') };
    }),
    handleOnManager(playerWhitelistRemove, ({ player, server }, context) => {
      const deedOf = ({ name }: AimedPlayer) =>
        ({ deed: 'whitelist-remove', name, steamId: steamIdOf(player) }) as const;
      return act(playerWhitelistRemove, { player, server, presence: 'any' }, deedOf, context);
    }),
    handleOnManager(playerAccess, ({ player, server, level }, context) => {
      const deedOf = ({ name }: AimedPlayer) => ({ deed: 'access', name, level }) as const;
      return act(playerAccess, { player, server, presence: 'any' }, deedOf, context);
    }),
    handleOnManager(playerMessage, ({ player, server, text }, context) => {
      const deedOf = ({ name }: AimedPlayer) => ({ deed: 'message', name, text }) as const;
      return act(playerMessage, { player, server, presence: 'online' }, deedOf, context);
    }),
    handleOnManager(playerTeleport, ({ player, server, to }, context) => {
      const deedOf = async ({ name, server: there }: AimedPlayer) => {
        if (isPlace(to)) return { deed: 'teleport', name, to } as const;
        const { permission, subject } = playerTeleport;
        const beside = { player: to, server: there.id, presence: 'online' } as const;
        const target = await aim(context.identity, permission, subject, beside);
        return { deed: 'teleport', name, to: target.name } as const;
      };
      return act(playerTeleport, { player, server, presence: 'online' }, deedOf, context);
    }),
    handleOnManager(serverBroadcast, async ({ text }, context) => {
      const server = serverOf(context);
      const told = await tell(server, undefined, commandLine(undefined, 'servermsg', { text }), context);
      return { server: server.name, ...told };
    }),
  ];
}
