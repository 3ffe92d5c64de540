import type * as z from 'zod';
import type { Permission } from './permissions.ts';

/** The room whose process carries an operation out. */
export type Room = 'manager' | 'agent';

/** Who may ask: people (through the gateway), nobody yet (before signing in or joining), the manager of an agent, an agent of its manager, or either end of a wire. */
export type Audience = 'people' | 'nobody' | 'manager' | 'agent' | 'peer';

/**
 * What the operation is about. `server`, `host`: the one named in the request, on which permission is checked.
 * `list`: whatever of it the asker may see; the handler leaves the rest out. `fleet`: all of it, for global grants only.
 */
export type Target = 'server' | 'host' | 'list' | 'fleet';

/** What an operation leaves behind. `write` and `destroy` are audited; faces ask before a `destroy`. */
export type Effect = 'read' | 'write' | 'destroy';

/** The shape every operation has; see {@link operation}. */
export interface OperationShape {
  /** Dotted name on the wire, noun first: `server.start`. */
  readonly subject: string;
  /** One sentence without a full stop, for help pages and OpenAPI. */
  readonly summary: string;
  readonly runsOn: Room;
  readonly audience: Audience;
  readonly target: Target;
  /** `none` asks for no permission beyond being signed in. */
  readonly permission: Permission | 'none';
  readonly effect: Effect;
  readonly request: z.ZodType;
  readonly progress: z.ZodType;
  readonly reply: z.ZodType;
  /** Milliseconds of silence after which the asker gives up; progress starts it anew. */
  readonly timeoutMs: number;
  /** `job`: goes on when the asker leaves, is recorded on the agent's disk, and the same id runs once. */
  readonly lasting?: 'job';
  /** `server`: one at a time for each server. `passes`: goes through while another holds the lock. */
  readonly lock?: 'server' | 'passes';
}

/** Declares an operation. The value is data: gateway, agent, command line, HTTP and OpenAPI all read it. */
export function operation<const Definition extends OperationShape>(definition: Definition): Readonly<Definition> {
  return Object.freeze(definition);
}
