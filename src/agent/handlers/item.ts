import { join } from 'node:path';
import { mostItems } from '../../protocol/entities/item.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { serverItems } from '../../protocol/operations/item.ts';
import { handleOnAgent, serverOf } from '../context.ts';
import type { Observer } from '../servers/observer.ts';
import type { Placements } from '../worlds/placements.ts';
import { readItems } from '../worlds/read-items.ts';
import { readModItems } from '../worlds/read-mod-items.ts';

/** What the handler of items needs. */
export interface ItemHandlerDeps extends Pick<Placements, 'folderOf'> {
  readonly observer: Pick<Observer, 'find'>;
}

/** Handlers of what is asked about the files of a game. Who asks while it is read gets the same answer. */
export function itemHandlers({ folderOf, observer }: ItemHandlerDeps) {
  const underWay = new Map<string, Promise<readonly string[] | undefined>>();

  const readAll = async (server: DesiredServer): Promise<readonly string[] | undefined> => {
    const folder = folderOf(server);
    const version = observer.find(server.id)?.gameVersion?.split('.')[0];
    const build = version === '41' || version === '42' ? version : undefined;
    const own = await readAny(server, folder);
    const ofMods = await readModItems(server.game, folder, build, mostItems);
    if (own === undefined && ofMods.length === 0) return undefined;
    // The game's own come first where there is no room for all.
    return [...new Set([...(own ?? []), ...ofMods])].slice(0, mostItems).sort();
  };
  const readOnce = (server: DesiredServer): Promise<readonly string[] | undefined> => {
    const reading = underWay.get(server.id);
    if (reading) return reading;
    const begun = readAll(server).finally(() => underWay.delete(server.id));
    underWay.set(server.id, begun);
    return begun;
  };

  return [
    handleOnAgent(serverItems, async (_, context) => {
      const items = await readOnce(serverOf(context));
      return items === undefined ? {} : { items: [...items] };
    }),
  ];
}

/** The game lies in one of the server's volumes, if it is not part of the image. */
async function readAny({ game }: DesiredServer, folder: string): Promise<readonly string[] | undefined> {
  for (const volume of game.volumes) {
    const items = await readItems(join(folder, volume.folder), mostItems);
    if (items !== undefined) return items;
  }
  return undefined;
}
