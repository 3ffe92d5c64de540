import { GameBuild } from '../../protocol/entities/rcon.ts';
import { agentRcon } from '../../protocol/operations/rcon.ts';
import { handleOnAgent } from '../context.ts';
import type { RconSessions } from '../rcon/sessions.ts';
import type { Observer } from '../servers/observer.ts';
import type { Registry } from '../servers/registry.ts';

/** What the handler of console commands needs. */
export interface RconHandlerDeps {
  readonly rcon: RconSessions;
  readonly registry: Pick<Registry, 'get'>;
  readonly observer: Pick<Observer, 'find'>;
}

/** Handlers of what the manager has games do. */
export function rconHandlers({ rcon, registry, observer }: RconHandlerDeps) {
  return [
    handleOnAgent(agentRcon, async ({ serverId, command, seconds }, { signal }) => {
      const server = registry.get(serverId);
      const timeoutMs = seconds === undefined ? {} : { timeoutMs: seconds * 1000 };
      const answer = await rcon.command(server, command, { ...timeoutMs, signal });
      const { data: build } = GameBuild.safeParse(observer.find(serverId)?.gameVersion?.split('.')[0]);
      return { ...answer, ...(build === undefined ? {} : { build }) };
    }),
  ];
}
