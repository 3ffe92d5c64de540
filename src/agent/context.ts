import type { Actor } from '../protocol/entities/person.ts';
import type { DesiredServer } from '../protocol/entities/server.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { type HandlerContext, handleWith } from '../protocol/handlers.ts';
import type { Peer } from '../protocol/peer.ts';

/** What an agent's handlers are given besides the request. */
export interface AgentContext extends HandlerContext {
  readonly actor: Actor;
  /** What the server in question should be by now; absent for operations about no server. */
  readonly server: DesiredServer | undefined;
  /** When this was first asked for, in milliseconds since 1970: for a job gone on with, before the restart. */
  readonly begunAt: number;
  /** The manager's end, for the few questions an agent asks back; absent for a job taken up again after a restart. */
  readonly peer: Peer | undefined;
  /** Undefined while the manager keeps up; else resolves when it has caught up. */
  readonly lag: () => Promise<void> | undefined;
}

/** The server an operation is about. @throws ZedopsError INVALID_INPUT when the manager named none. */
export function serverOf(context: Pick<AgentContext, 'server'>): DesiredServer {
  if (!context.server) throw new ZedopsError('INVALID_INPUT', 'The manager sent a server operation without its server');
  return context.server;
}

/** Joins an operation to the agent's handler of it. */
export const handleOnAgent = handleWith<AgentContext>();
