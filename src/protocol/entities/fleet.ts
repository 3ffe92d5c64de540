import * as z from 'zod';
import { HostSummary } from './host.ts';
import { ServerSummary } from './server.ts';

/** A server as a live view of the fleet shows it: its row, and what of its host's word fits into one. */
export const FleetServer = ServerSummary.extend({
  hostId: z.string(),
  power: z.enum(['on', 'off']),
  /** Since when it takes players, by its host's clock; absent unless ready. */
  readyAt: z.iso.datetime().optional(),
  /** The game's own count of who is online; absent: not known. */
  playersOnline: z.int().min(0).optional(),
  /** What an agent does with it right now, as a subject such as `server.stop`. */
  doing: z.string().max(64).optional(),
});
export type FleetServer = z.infer<typeof FleetServer>;

/** What has changed of the fleet since the piece before. */
export const FleetNews = z.object({
  /** True for the first piece: what a viewer had from before is void. */
  isFirst: z.boolean(),
  /** True where no further piece follows at once: what the viewer has by now is the fleet as it is. */
  isWhole: z.boolean(),
  servers: z.array(FleetServer).max(500),
  hosts: z.array(HostSummary).max(500),
  /** Ids of servers and hosts that are not there any more, or not for this viewer. */
  goneServers: z.array(z.string()),
  goneHosts: z.array(z.string()),
});
export type FleetNews = z.infer<typeof FleetNews>;
