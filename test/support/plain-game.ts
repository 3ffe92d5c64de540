import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

/** Runs a game by plain `docker run` on the folder `data`, with ports and a restart policy of its own, until it is ready. */
export async function runPlainGame(name: string, data: string, adminPassword: string): Promise<void> {
  const [game, direct] = [await freePort(), await freePort()];
  const settings = {
    ...{ SERVER_NAME: 'old', ADMIN_PASSWORD: adminPassword, RCON_PASSWORD: 'rcon-of-old', SIM_STARTUP_SECONDS: '0.2' },
    ...{ SERVER_DEFAULT_PORT: String(game), SERVER_UDP_PORT: String(direct) },
  };
  await execa('docker', [
    ...['run', '--detach', '--name', name, '--restart', 'unless-stopped', '--volume', `${data}:/data`],
    ...[game, direct].flatMap((port) => ['--publish', `${port}:${port}/udp`]),
    ...Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    'zedops-simulator:latest',
  ]);
  await eventually('the plain game to be ready', async () =>
    (await execa('docker', ['logs', name], { all: true })).all?.includes('SERVER STARTED'),
  );
}

/** One hash of that game's map, without the first line of each file, where the simulator counts its saves. */
export async function plainWorldHash(data: string): Promise<string> {
  const map = join(data, 'Saves/Multiplayer/old/map');
  const hash = createHash('sha256');
  const files = (await readdir(map, { recursive: true })).filter((name) => name.endsWith('.bin')).sort();
  if (files.length === 0) throw new Error(`${map} has no world`);
  for (const file of files) {
    const content = await readFile(join(map, file));
    hash.update(file).update(content.subarray(content.indexOf('\n')));
  }
  return hash.digest('hex');
}
