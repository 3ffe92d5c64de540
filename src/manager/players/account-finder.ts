import { type Clock, pause } from '../../platform/clock.ts';
import type { PlayerAccount, ServerPlayer, SteamBan } from '../../protocol/entities/player.ts';
import { ZedopsError } from '../../protocol/errors.ts';
import { agentAccounts } from '../../protocol/operations/player.ts';
import { isSteamId } from '../../zomboid/players/player-deed.ts';
import { placeOfServer } from '../gateway/authorize.ts';
import type { Hub } from '../hosts/hub.ts';
import { type Identity, mayDo } from '../people/identity.ts';
import type { Db } from '../store/database.ts';
import { foldName } from '../store/player-ledger.ts';
import { findServer, type ServerRecord } from '../store/servers.ts';

/** A player with what the server's own database says of the account. */
export type PlayerWithAccount = ServerPlayer & {
  readonly account?: PlayerAccount;
  readonly steamBan?: SteamBan;
  readonly accountUnknown?: string;
};

/** Looks into the databases of games, by their hosts. */
export interface AccountFinder {
  /** Joins players with their accounts; one who has an account on `server` and was never seen there comes too. */
  join(
    identity: Identity,
    players: readonly ServerPlayer[],
    wish: { readonly player: string; readonly server: ServerRecord | undefined; readonly signal: AbortSignal },
  ): Promise<PlayerWithAccount[]>;
}

interface Looked {
  readonly accounts: readonly PlayerAccount[];
  readonly bans: readonly SteamBan[];
  readonly unknown?: string;
}

const askMs = 5_000;
const mostAsked = 50;

/** Makes the finder. */
export function createAccountFinder({
  db,
  hub,
  clock,
}: {
  readonly db: Db;
  readonly hub: Pick<Hub, 'find'>;
  readonly clock: Clock;
}): AccountFinder {
  const look = async (
    { id, hostId, hostName }: Pick<ServerRecord, 'id' | 'hostId' | 'hostName'>,
    wish: { readonly names: string[]; readonly steamIds: string[] },
    signal: AbortSignal,
  ): Promise<Looked> => {
    const nothing = { accounts: [], bans: [] };
    const link = hub.find(hostId);
    if (!link) return { ...nothing, unknown: `${hostName} is offline` };
    if (!link.knows(agentAccounts.subject)) return { ...nothing, unknown: `the agent of ${hostName} is too old` };
    const late = new AbortController();
    const asked = link
      .request(agentAccounts, { serverId: id, ...wish }, { signal: AbortSignal.any([signal, late.signal]) })
      // Why it cannot be read is a part of the answer; what is known besides is shown all the same.
      .catch((error: unknown) => ({ ...nothing, unknown: reasonOf(error, hostName) }));
    const answer = await Promise.race([asked, pause(clock, askMs, late.signal)]);
    late.abort();
    return answer ?? { ...nothing, unknown: `${hostName} did not answer in time` };
  };

  return {
    async join(identity, players, { player, server, signal }) {
      const wanted = new Map(players.map((one) => [one.serverId, one.host]));
      const looked = new Map<string, Looked>();
      const ask = async (record: Pick<ServerRecord, 'id' | 'hostId' | 'hostName'>): Promise<void> => {
        const here = players.filter(({ serverId }) => serverId === record.id);
        const steamIds = here.flatMap(({ steamId }) => steamId ?? []);
        const names = here.map(({ name }) => name);
        const wish = {
          names: [...new Set([...names, ...(isSteamId(player) ? [] : [player])])].slice(0, mostAsked),
          steamIds: [...new Set([...steamIds, ...(isSteamId(player) ? [player] : [])])].slice(0, mostAsked),
        };
        looked.set(record.id, await look(record, wish, signal));
      };
      const records = await Promise.all([...wanted.keys()].slice(0, mostAsked).map((id) => findServer(db, id)));
      const there = records.filter((record) => record !== undefined);
      if (server && !wanted.has(server.id)) there.push(server);
      await Promise.all(
        there.filter((record) => mayDo(identity, 'server:read', placeOfServer(record))).map((record) => ask(record)),
      );
      const joined = players.map((one) => withAccount(one, looked.get(one.serverId)));
      if (!server || players.length > 0) return joined;
      return fromAccounts(server, looked.get(server.id));
    },
  };
}

function withAccount(player: ServerPlayer, looked: Looked | undefined): PlayerWithAccount {
  const { name, steamId } = player;
  const account =
    looked?.accounts.find((one) => one.name === name) ??
    looked?.accounts.find((one) => foldName(one.name) === foldName(name));
  const id = steamId ?? account?.steamId;
  const steamBan = id === undefined ? undefined : looked?.bans.find((ban) => ban.steamId === id);
  return {
    ...player,
    ...(id === undefined ? {} : { steamId: id }),
    ...(account === undefined ? {} : { account }),
    ...(steamBan === undefined ? {} : { steamBan }),
    ...(looked?.unknown === undefined ? {} : { accountUnknown: looked.unknown }),
  };
}

/** Accounts nobody was ever seen with: made by hand, or from before ZedOps looked. */
function fromAccounts(server: ServerRecord, looked: Looked | undefined): PlayerWithAccount[] {
  const base = { server: server.name, serverId: server.id, host: server.hostName };
  return (looked?.accounts ?? [])
    .filter(({ name }) => name !== '')
    .map((account) => withAccount({ ...base, name: account.name }, looked));
}

function reasonOf(error: unknown, host: string): string {
  return error instanceof ZedopsError ? error.message : `${host} could not say`;
}
