import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Commands, createCommands } from '../../scripts/testing/command.ts';
import { type Engine, needEngine } from '../../scripts/testing/engine.ts';
import { eventually } from '../support/eventually.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { settledTruth } from '../support/truth.ts';
import { type WorldWitness, witnessWorld } from '../support/world-witness.ts';
import { root } from '../support/zedops.ts';

const name = 'steady';

/** An engine beside the machine's own, so that no other test loses its containers with it. */
describe.skipIf(process.getuid?.() !== 0)('a Docker engine that ends and comes back', () => {
  let folder: string;
  let commands: Commands;
  let engine: Engine;
  let fleet: Fleet;
  let world: WorldWitness;
  const startEngine = () =>
    needEngine({
      folder,
      commands,
      socket: join(folder, 'docker.sock'),
      say: () => undefined,
      // Rules of the packet filter are the machine's, and its own engine keeps them.
      args: ['--iptables=false', '--bridge=none', '--default-address-pool=base=10.213.0.0/16,size=24'],
    });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zedops-engine-'));
    commands = createCommands(root);
    engine = await startEngine();
    await execa('sh', ['-c', `docker save zedops-simulator:latest | docker --host unix://${engine.socket} load`]);
    fleet = await createFleet({ runtime: 'docker', agentEnv: { ZEDOPS_AGENT_DOCKER_SOCKET: engine.socket } });
    const env = await fleet.envFile(name, { SIM_STARTUP_SECONDS: '0.3', SIM_SAVE_FILES: '20' });
    const made = await fleet.owner.run([
      ...['server', 'create', name, '--host', fleet.host, '--image', 'simulator'],
      ...['--env-file', env, '--memory', '512m'],
    ]);
    expect(made.stderr).not.toContain('error');
    world = await witnessWorld(join(fleet.box.home, 'servers', name, 'data'));
  });
  afterAll(async () => {
    await execa('docker', ['--host', `unix://${engine?.socket}`, 'rm', '--force', `simulator-${name}`], {
      reject: false,
    });
    await fleet?.dispose();
    await engine?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const shown = async () => JSON.parse((await fleet.owner.run(['server', 'show', name, '--json'])).stdout).server;
  const becomes = (state: string) => eventually(state, async () => (await shown()).state === state);

  test('is not known of meanwhile, and its games are started again when it is back', async () => {
    await engine.stop();
    await becomes('unknown');
    expect((await shown()).detail).toContain('engine');
    const refused = await fleet.owner.run(['start', name]);
    expect(refused.exitCode).toBe(6);
    engine = await startEngine();
    await becomes('crashed');
    await becomes('ready');
    await settledTruth(fleet, engine.socket);
    expect(await world.missing()).toEqual([]);
  });

  test('in the middle of a stop leaves an honest answer and a whole world', async () => {
    const stopping = fleet.owner.start(['stop', name]);
    await eventually('the save', () => stopping.stderr().includes('saving the world'));
    await engine.stop();
    engine = await startEngine();
    // An engine that ends takes its games with it, and the stop sees the exit when it can look again.
    const exitCode = await stopping.exited;
    expect({ exitCode, stderr: stopping.stderr() }).toMatchObject({ exitCode: 0 });
    expect((await settledTruth(fleet, engine.socket)).states).toEqual({ [name]: 'stopped' });
    expect(await world.missing()).toEqual([]);
    expect((await fleet.owner.run(['start', name])).exitCode).toBe(0);
  });
});
