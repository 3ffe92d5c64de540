import * as z from 'zod';
import { ItemId, mostItems } from '../entities/item.ts';
import { ServerRef } from '../entities/server.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

/** Lists what can be given to players, for completion. Those of mods are not in it. */
export const serverItems = operation({
  subject: 'server.items',
  summary: 'List the ids of the items that a server’s own game files have',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:read',
  effect: 'read',
  request: z.object({ server: ServerRef }),
  progress: noProgress,
  /** Absent where the game's files are not in a folder of this server, or not there yet. */
  reply: z.object({ items: z.array(ItemId).max(mostItems).optional() }),
  timeoutMs: 30_000,
});
