import * as z from 'zod';
import { ItemId, mostItems } from '../entities/item.ts';
import { ServerRef } from '../entities/server.ts';
import { noProgress } from '../handlers.ts';
import { operation } from '../operation.ts';

/** Lists what can be given to players, for completion: of the game, and of the mods its ini has enabled. */
export const serverItems = operation({
  subject: 'server.items',
  summary: 'List the ids of the items that a server’s game files and its enabled mods have',
  runsOn: 'agent',
  audience: 'people',
  target: 'server',
  permission: 'server:read',
  effect: 'read',
  request: z.object({ server: ServerRef }),
  progress: noProgress,
  /** Absent where neither the game's files nor a mod's are in a folder of this server, or they are not there yet. */
  reply: z.object({ items: z.array(ItemId).max(mostItems).optional() }),
  timeoutMs: 30_000,
});
