import * as z from 'zod';
import { Actor } from './entities/person.ts';
import { DesiredServer } from './entities/server.ts';

/**
 * What the manager hands an agent for an operation that people asked for: who asked, the parsed request, and, when it
 * is about a server, what that server should be by now. The agent keeps the desired state it has not seen yet.
 */
export const Forwarded = z.object({
  actor: Actor,
  input: z.unknown(),
  server: DesiredServer.optional(),
});
export type Forwarded = z.infer<typeof Forwarded>;
