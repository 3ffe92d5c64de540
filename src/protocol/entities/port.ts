import * as z from 'zod';
import { Port } from './server.ts';

/** A port of a host, by protocol: `16261/udp`. */
export const HostPort = z.object({ port: Port, protocol: z.enum(['udp', 'tcp']) });
export type HostPort = z.infer<typeof HostPort>;

/** Who has a port: one of our servers, a container that is none of ours, or any other program of the host. */
export const PortHolder = z.object({
  kind: z.enum(['server', 'container', 'process']),
  /** Name of the server, of the container, or of the program where that can be read. */
  name: z.string().max(256),
  /** Id of the server. */
  serverId: z.string().max(64).optional(),
  pid: z.int().optional(),
  /** Set for a container that does not run: it takes the port again when it is started. */
  isStopped: z.boolean().optional(),
  /** Set for a server that was deleted and keeps its ports until it is purged. */
  isDeleted: z.boolean().optional(),
});
export type PortHolder = z.infer<typeof PortHolder>;

/** A port that is not free, and who has it. */
export const TakenPort = HostPort.extend({
  /** What a server uses it for. */
  use: z.enum(['game', 'direct', 'rcon']).optional(),
  holder: PortHolder,
});
export type TakenPort = z.infer<typeof TakenPort>;

/** Two ports for a new server, and one for RCON where that is a port of the host too. */
export const PortSet = z.object({ game: Port, direct: Port, rcon: Port.optional() });
export type PortSet = z.infer<typeof PortSet>;
