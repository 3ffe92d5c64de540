import { join } from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import { agentAccounts } from '../../protocol/operations/player.ts';
import { handleOnAgent } from '../context.ts';
import type { Registry } from '../servers/registry.ts';
import type { Placements } from '../worlds/placements.ts';
import { readAccounts } from '../worlds/read-accounts.ts';

/** What the handler of accounts needs. */
export interface AccountHandlerDeps {
  readonly registry: Pick<Registry, 'get'>;
  readonly folderOf: Placements['folderOf'];
  readonly clock: Clock;
}

/** Handlers of what the manager asks about the accounts of a game. */
export function accountHandlers({ registry, folderOf, clock }: AccountHandlerDeps) {
  return [
    handleOnAgent(agentAccounts, ({ serverId, names, steamIds }) => {
      const server = registry.get(serverId);
      const file = { data: join(folderOf(server), 'data'), worldName: server.game.worldName };
      return readAccounts(file, { names, steamIds }, clock);
    }),
  ];
}
