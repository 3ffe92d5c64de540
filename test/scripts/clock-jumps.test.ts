import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { gamesBelow } from '../support/games.ts';
import { isUnbroken, type SeenLog, seenLog } from '../support/log-reader.ts';
import { createPlaces, type Daemon, type Place } from '../support/zedops.ts';

const Pong = z.object({ clock: z.string() });
const Listed = z.object({ servers: z.array(z.object({ name: z.string(), state: z.string() })) });
const Jobs = z.object({ jobs: z.array(z.object({ id: z.string(), state: z.string(), subject: z.string() })) });
const day = 86_400_000;

/** A manager with its host in one process, whose clock is set while a game runs and a job holds a lock. */
describe('a clock that is set eight days ahead and back', () => {
  const places = createPlaces();
  let place: Place;
  let program: Daemon;
  let follower: Daemon;
  let stop: Daemon;
  beforeAll(async () => {
    place = await places.make({
      ZEDOPS_MANAGER_LISTEN: `127.0.0.1:${await freePort()}`,
      ZEDOPS_AGENT_RUNTIME: 'process',
    });
    await setClock(0);
    // Only what it shows is changed, not how fast it goes: nothing that waits is to wait longer or shorter.
    const { stdout: preload } = await execa('faketime', ['-m', '-f', '+0', 'printenv', 'LD_PRELOAD']);
    const env = {
      LD_PRELOAD: preload,
      FAKETIME_TIMESTAMP_FILE: clockFile(),
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
    program = place.start(['up', '--host-name', 'box-1'], { env });
    await eventually('it to serve', async () => (await place.run(['host', 'list'])).stdout.includes('online'));
    for (const name of ['alpha', 'gone']) await create(name);
    const deleted = await place.run(['server', 'delete', 'gone', '--yes']);
    if (deleted.exitCode !== 0) throw new Error(deleted.stderr);
    follower = place.start(['logs', 'alpha', '-f', '--json']);
    stop = place.start(['stop', 'alpha', '--warn', '20m', '--yes']);
    await eventually('the countdown to begin', async () => (await stopJob())?.state === 'running');
  });
  afterAll(async () => {
    await follower?.end();
    await stop?.end();
    await program?.end();
    for (const pid of (await gamesBelow([place?.home ?? '/nowhere'])).flat()) process.kill(pid, 'SIGKILL');
    await places.dispose();
  });

  const clockFile = (): string => join(place.home, 'clock');
  const setClock = (days: number): Promise<void> => writeFile(clockFile(), `+${days}d`);
  const create = async (name: string): Promise<void> => {
    const [game, direct, rcon] = [await freePort(), await freePort(), await freePort()];
    const file = join(place.home, `${name}.env`);
    const ports = `SERVER_DEFAULT_PORT=${game}\nSERVER_UDP_PORT=${direct}\nRCON_PORT=${rcon}\n`;
    await writeFile(
      file,
      `SERVER_NAME=${name}\nADMIN_PASSWORD=y\nSIM_STARTUP_SECONDS=0.2\nSIM_PLAYERS=3\nSIM_LOG_RATE=2\n${ports}`,
      {
        mode: 0o600,
      },
    );
    const made = await place.run(['server', 'create', name, '--image', 'simulator', '--env-file', file]);
    if (made.exitCode !== 0) throw new Error(made.stderr);
  };
  const stopJob = async () =>
    Jobs.parse(await place.json(['job', 'list'])).jobs.find(({ subject }) => subject === 'server.stop');
  const shown = async (...flags: string[]) => Listed.parse(await place.json(['server', 'list', ...flags])).servers;
  const aheadMs = async (): Promise<number> =>
    Date.parse(Pong.parse(await place.json(['manager', 'show'])).clock) - Date.now();
  /** Resolves when the game, whose players chat, has written more. */
  const moreLines = async (): Promise<SeenLog> => {
    const before = seenLog(follower).lines.length;
    await eventually('more lines', () => seenLog(follower).lines.length > before);
    return seenLog(follower);
  };

  test('purges nothing, loses no lock and no job, stops and starts no game, and a log goes on', async () => {
    const games = (await gamesBelow([place.home])).flat();
    expect(games).toHaveLength(1);
    const world = join(place.home, 'servers/gone');
    for (const days of [8, 0]) {
      await setClock(days);
      await eventually('the clock to be set', async () => Math.abs((await aheadMs()) - days * day) < 60_000);
      // Once a minute it looks whose time is up.
      if (days > 0) await eventually('a look', () => program.stderr().includes('a clock that was set ahead'), 90);
      expect(existsSync(world)).toBe(true);
      expect(await shown('--deleted')).toMatchObject([{ name: 'gone', state: 'deleted' }]);
      expect((await gamesBelow([place.home])).flat()).toEqual(games);
      expect(await stopJob()).toMatchObject({ state: 'running' });
      const { exitCode, stderr } = await place.run(['restart', 'alpha', '--yes']);
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('server.stop') });
      const seen = await moreLines();
      expect(seen.gaps).toEqual([]);
      expect(isUnbroken(seen.seqs)).toBe(true);
    }
    const job = await stopJob();
    await place.run(['job', 'cancel', job?.id ?? '']);
    await stop.exited;
    expect(await stopJob()).toMatchObject({ state: 'cancelled' });
    expect(await shown()).toMatchObject([{ name: 'alpha', state: 'ready' }]);
    expect((await gamesBelow([place.home])).flat()).toEqual(games);
    expect((await place.run(['server', 'restore', 'gone'])).exitCode).toBe(0);
  });
});
