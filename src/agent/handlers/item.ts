import { join } from 'node:path';
import { mostItems } from '../../protocol/entities/item.ts';
import type { DesiredServer } from '../../protocol/entities/server.ts';
import { serverItems } from '../../protocol/operations/item.ts';
import { handleOnAgent, serverOf } from '../context.ts';
import type { Placements } from '../worlds/placements.ts';
import { readItems } from '../worlds/read-items.ts';

/** Handlers of what is asked about the files of a game. Who asks while it is read gets the same answer. */
export function itemHandlers({ folderOf }: Pick<Placements, 'folderOf'>) {
  const underWay = new Map<string, Promise<readonly string[] | undefined>>();

  const readOnce = (server: DesiredServer): Promise<readonly string[] | undefined> => {
    const reading = underWay.get(server.id);
    if (reading) return reading;
    const begun = readAny(server, folderOf(server)).finally(() => underWay.delete(server.id));
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
