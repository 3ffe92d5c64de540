import * as z from 'zod';
import { ServerName } from './server.ts';

/** One way in which a server is not what it should be, in words for a person. */
export const Difference = z.object({
  what: z.enum(['host', 'revision', 'container', 'containers', 'power', 'image', 'ports']),
  wanted: z.string(),
  found: z.string(),
  /** The command that mends it, or where there is none what does. */
  fix: z.string().optional(),
});
export type Difference = z.infer<typeof Difference>;

/** A server and every way in which it is not what it should be. */
export const ServerDifferences = z.object({
  id: z.string(),
  name: ServerName,
  host: z.string(),
  /** True while the host tells how its servers are. False: what it said last is as old as `lastWordSeconds`. */
  known: z.boolean(),
  /** Seconds since the host last said anything; absent where it never has. */
  lastWordSeconds: z.number().optional(),
  differences: z.array(Difference),
});
export type ServerDifferences = z.infer<typeof ServerDifferences>;
