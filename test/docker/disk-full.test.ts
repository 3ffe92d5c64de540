import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { createSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { type WorldWitness, witnessWorld } from '../support/world-witness.ts';
import { root } from '../support/zedops.ts';

const name = 'cramped';

describe.skipIf(process.getuid?.() !== 0)('a host whose only disk is full', () => {
  let disk: SmallDisk;
  let fleet: Fleet;
  let env: string;
  let world: WorldWitness;
  beforeAll(async () => {
    disk = await createSmallDisk(96);
    fleet = await createFleet({ runtime: 'docker', agentEnv: { ZEDOPS_HOME: disk.folder } });
    env = await fleet.envFile(name, { SIM_STARTUP_SECONDS: '0.3' });
  });
  afterAll(async () => {
    await execa('docker', ['rm', '--force', `simulator-${name}`], { reject: false });
    await fleet?.dispose();
    await disk?.dispose();
  });

  const shown = async () => {
    const { exitCode, stdout, stderr } = await fleet.owner.run(['server', 'show', name, '--json']);
    if (exitCode !== 0) throw new Error(`server show exited with ${exitCode}: ${stderr}`);
    return JSON.parse(stdout).server;
  };
  const create = (image: string, ...more: readonly string[]) =>
    fleet.owner.run([
      ...['server', 'create', name, '--host', fleet.host, '--image', image],
      ...['--env-file', env, '--memory', '512m', ...more],
    ]);

  test('is refused a server that has no room there, before anything is made', async () => {
    const roomy = join(fleet.owner.home, 'config/images/roomy');
    await cp(join(root, 'templates/images/simulator'), roomy, { recursive: true });
    const yaml = await readFile(join(roomy, 'image.yaml'), 'utf8');
    await writeFile(join(roomy, 'image.yaml'), `${yaml}\ndisk: { gameGb: 1 }\n`);
    const { exitCode, stderr } = await create('roomy');
    expect(stderr).toMatch(/game need 1\.0 GiB, and \S+ has \d+ MiB free/);
    expect(exitCode).toBe(5);
    expect(existsSync(join(disk.folder, 'servers', name))).toBe(false);
  });

  test('goes on telling the truth of a game that runs', async () => {
    expect((await create('simulator')).stderr).not.toContain('error');
    world = await witnessWorld(join(disk.folder, 'servers', name, 'data'));
    await disk.fill();
    expect((await fleet.owner.run(['sync', name])).exitCode).toBe(0);
    expect((await shown()).state).toBe('ready');
    const doctor = await fleet.owner.run(['doctor']);
    expect(doctor.stdout).toMatch(/box-1 +data root +\S+ has 0\.0 GiB free/);
  });

  test.each([
    ['stop', name],
    ['restart', name],
    ['server', 'delete', name, '--yes'],
  ])('refuses to %s %s in words that help, and changes nothing', async (...args) => {
    const { exitCode, stderr } = await fleet.owner.run(args);
    expect(stderr).toMatch(/error: No room is left on the disk of \S+ on \S+\nhint: free some space there/);
    expect(exitCode).toBe(5);
    await eventually('it to be ready as before', async () => {
      const { state, power } = await shown();
      return state === 'ready' && power === 'on';
    });
  });

  test('is told of by an agent that was killed, and a kill passes', async () => {
    await fleet.agent().end('SIGKILL');
    await fleet.startAgent();
    await eventually('it to be seen', async () => (await shown()).state === 'ready');
    const { exitCode, stdout } = await fleet.owner.run(['server', 'kill', name, '--yes']);
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/without a save/) });
    expect((await shown()).state).toBe('stopped');
    expect(await world.missing()).toEqual([]);
  });

  test('has lost nothing once there is room again', async () => {
    await disk.empty();
    expect((await fleet.owner.run(['start', name])).exitCode).toBe(0);
    const stopped = await fleet.owner.run(['stop', name, '--json']);
    expect(JSON.parse(stopped.stdout)).toMatchObject({ saved: 'confirmed', ended: 'quit' });
    const check = await fleet.owner.run(['server', 'check', name]);
    expect(check.stdout).not.toMatch(/fail|warn/);
    expect(await world.missing()).toEqual([]);
  });
});
