import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FakeRuntime } from '../../fakes/fake-runtime.ts';
import type { Games } from './games.ts';

/** What can be adopted: a container that none of ours made, by name, and a bare folder. */
export interface Foreign {
  readonly container: string;
  readonly folder: string;
}

/** Puts a container and a bare folder on the host, each with a world, that none of ours made. */
export async function putForeign(
  fake: FakeRuntime,
  games: Games,
  places: { readonly container: string; readonly folder: string },
): Promise<Foreign> {
  for (const [name, place] of Object.entries(places)) {
    await mkdir(join(place, 'Server'), { recursive: true });
    await writeFile(join(place, 'Server', `${name}.ini`), 'PVP=true\n');
    games.putWorld(`foreign ${name}`, join(place, 'Saves/Multiplayer', name, 'map_0_0.bin'));
  }
  fake.foreign.add({
    ...{ id: 'f0', name: 'legacy', image: 'zedops-simulator:latest' },
    mounts: [{ type: 'bind', from: places.container, to: '/data' }],
    env: {
      ADMIN_PASSWORD: 'a-password',
      RCON_PASSWORD: 'rcon-of-legacy',
      RCON_PORT: String(games.rconPort),
      SERVER_NAME: 'container',
      SERVER_DEFAULT_PORT: '42650',
      SERVER_UDP_PORT: '42651',
    },
  });
  return { container: 'legacy', folder: places.folder };
}
