import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngineProxy, type EngineProxy } from '../support/engine-proxy.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { createKilledAgent, type DeathPoint, type KilledAgent } from '../support/killed-agent.ts';
import { createSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { settledTruth } from '../support/truth.ts';
import { type WorldWitness, witnessWorld } from '../support/world-witness.ts';

const name = 'mortal';
const copy = 'second';

/** A server's whole life on a real engine, with the agent killed at each step of it. */
describe.skipIf(process.getuid?.() !== 0)('an agent killed in the middle', () => {
  let folder: string;
  let disk: SmallDisk;
  let proxy: EngineProxy;
  let fleet: Fleet;
  let killed: KilledAgent;
  let env: string;
  let world: WorldWitness;
  /** Below which the server's folder lies now. */
  let root: string;
  /** Where it is moved to, one after another. */
  let roots: string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zedops-engine-'));
    proxy = await createEngineProxy(join(folder, 'docker.sock'));
    disk = await createSmallDisk(64);
    roots = [join(disk.folder, 'a'), join(folder, 'b'), join(disk.folder, 'c'), join(folder, 'd')];
    for (const path of roots) await mkdir(path);
    const agentEnv = { ZEDOPS_AGENT_DOCKER_SOCKET: proxy.socketPath, ZEDOPS_AGENT_DATA_ROOTS: roots.join(',') };
    fleet = await createFleet({ runtime: 'docker', agentEnv });
    root = join(fleet.box.home, 'servers');
    killed = createKilledAgent(fleet, proxy);
    env = await fleet.envFile(name, { SIM_STARTUP_SECONDS: '0.3', SIM_SAVE_FILES: '20' });
  });
  afterAll(async () => {
    await execa('docker', ['rm', '--force', `simulator-${name}`, `simulator-${copy}`], { reject: false });
    await fleet?.dispose();
    await proxy?.close();
    await disk?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const data = () => join(root, name, 'data');
  const zedops = async (...args: readonly string[]): Promise<void> => {
    const { exitCode, stderr } = await fleet.owner.run(args);
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  };
  /** Runs a command whose agent dies there, and expects it to be done all the same, and all to be true. */
  const survives = async (args: readonly string[], point: DeathPoint, state: string | undefined): Promise<void> => {
    const { exitCode, stderr } = await killed.during(args, point);
    expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { states } = await settledTruth(fleet);
    expect(states[name]).toBe(state);
  };
  const create = () => [
    ...['server', 'create', name, '--host', fleet.host, '--image', 'simulator'],
    ...['--env-file', env, '--memory', '512m'],
  ];

  test.each(
    points([
      { when: 'before', call: /^GET \/networks\?/ },
      { when: 'before', call: /^POST \/containers\/create\?name=simulator-mortal/ },
      { when: 'after', call: /^POST \/containers\/create\?name=simulator-mortal/ },
      { when: 'before', call: /^POST \/containers\/\w+\/start/ },
      { when: 'after', call: /^POST \/containers\/\w+\/start/ },
      { step: /world|generating|starting the game/i },
    ]),
  )('a create goes on, killed %s', async (_, point) => {
    await survives(create(), point, 'ready');
    await zedops('server', 'delete', name, '--yes');
    await zedops('server', 'purge', name, '--confirm', name);
    expect(existsSync(join(fleet.box.home, 'servers', name))).toBe(false);
  });

  test('a create whose host dies before it has begun says so, and makes nothing', async () => {
    const { exitCode, stderr } = await killed.during(create(), { when: 'before', call: /^GET \/images\// });
    expect(exitCode).toBe(6);
    expect(stderr).toContain(`${fleet.host} went away while it was asked`);
    expect((await settledTruth(fleet)).states).toEqual({});
    expect(existsSync(join(fleet.box.home, 'servers', name))).toBe(false);
  });

  test('nor is its world touched, once it has one', async () => {
    await zedops(...create());
    world = await witnessWorld(data());
  });

  test.each(
    points([
      { step: /saving the world/ },
      { step: /asking the game to quit/ },
      { when: 'before', call: /^DELETE \/containers\// },
      { when: 'after', call: /^DELETE \/containers\// },
    ]),
  )('a delete goes on, killed %s', async (_, point) => {
    await survives(['server', 'delete', name, '--yes'], point, 'deleted');
    expect(await world.missing()).toEqual([]);
    await zedops('server', 'restore', name, '--start');
  });

  test.each(
    points([
      { when: 'before', call: /^POST \/containers\/create/ },
      { when: 'after', call: /^POST \/containers\/create/ },
    ]),
  )('a restore goes on, killed %s', async (_, point) => {
    await zedops('server', 'delete', name, '--yes');
    await survives(['server', 'restore', name], point, 'stopped');
    expect(await world.missing()).toEqual([]);
  });

  test.each<readonly [string, DeathPoint, string]>([
    ['start', { when: 'after', call: /^POST \/containers\/\w+\/start/ }, 'ready'],
    ['restart', { step: /asking the game to quit/ }, 'ready'],
    ['restart', { when: 'before', call: /^POST \/containers\/\w+\/start/ }, 'ready'],
    ['stop', { step: /saving the world/ }, 'stopped'],
  ])('a %s goes on', async (verb, point, state) => {
    await survives([verb, name], point, state);
    expect(await world.missing()).toEqual([]);
  });

  test.each(
    points([
      { when: 'before', call: /^POST \/containers\/create\?name=simulator-mortal/ },
      { when: 'after', call: /^POST \/containers\/create\?name=simulator-mortal/ },
      { when: 'before', call: /^POST \/containers\/\w+\/rename/ },
      { when: 'after', call: /^POST \/containers\/\w+\/rename/ },
      { when: 'before', call: /^DELETE \/containers\// },
      { when: 'after', call: /^DELETE \/containers\// },
    ]),
  )('a rebuild goes on, killed %s', async (_, point) => {
    await survives(['server', 'rebuild', name], point, 'stopped');
    expect(await world.missing()).toEqual([]);
  });

  test('a clone goes on', async () => {
    const clone = ['server', 'clone', name, copy, '--no-start'];
    await survives(clone, { when: 'before', call: /^POST \/containers\/create/ }, 'stopped');
    expect(await world.missing()).toEqual([]);
    expect(await world.missing(join(fleet.box.home, 'servers', copy, 'data'))).toEqual([]);
    await zedops('server', 'delete', copy, '--yes');
    await zedops('server', 'purge', copy, '--confirm', copy);
  });

  const moves: DeathPoint[] = [
    ...[{ step: /copying/ }, { step: /comparing the copy/ }, { step: /switching to/ }],
    { when: 'after', call: /^POST \/containers\/create/ },
  ];
  test.each(points(moves))('a move to another disk goes on and the original is kept, killed %s', async (_, point) => {
    const [before, target = ''] = [root, roots.shift()];
    await survives(['server', 'move', name, '--path', target], point, 'stopped');
    root = target;
    expect(await world.missing(data())).toEqual([]);
    const [kept = '', ...others] = (await readdir(before)).filter((folder) => folder.startsWith(`${name}.moved-`));
    expect(others).toEqual([]);
    expect(await world.missing(join(before, kept, 'data'))).toEqual([]);
  });

  test('a purge goes on, killed as it asks whether a container is bound to the data', async () => {
    await zedops('server', 'delete', name, '--yes');
    const purge = ['server', 'purge', name, '--confirm', name];
    await survives(purge, { when: 'before', call: /^GET \/containers\/json\?all=(1|true)$/ }, undefined);
    expect(existsSync(join(root, name))).toBe(false);
  });
});

/** Death points with words for a test's title. */
function points(all: readonly DeathPoint[]): [string, DeathPoint][] {
  return all.map((point) => ['step' in point ? `at ${point.step}` : `${point.when} ${point.call}`, point]);
}
