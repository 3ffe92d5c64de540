import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { isUnbroken, seenLog } from '../support/log-reader.ts';
import { createOwnEngine, type OwnEngine } from '../support/own-engine.ts';
import { settledTruth } from '../support/truth.ts';
import { type WorldWitness, witnessWorld } from '../support/world-witness.ts';
import type { Daemon } from '../support/zedops.ts';

const name = 'survivor';
const idle = 'idle';
const container = `simulator-${name}`;

describe.skipIf(process.getuid?.() !== 0)('an engine', () => {
  let engine: OwnEngine;
  let fleet: Fleet;
  let world: WorldWitness;
  let machine: string;
  let log: Daemon;
  beforeAll(async () => {
    machine = await machineEngine();
    engine = await createOwnEngine('zedops-simulator:latest');
    const agentEnv = { ZEDOPS_AGENT_DOCKER_SOCKET: engine.socketPath };
    fleet = await createFleet({ runtime: 'docker', agentEnv, within: engine.within });
    for (const server of [name, idle]) {
      const env = await fleet.envFile(server, { SIM_LOG_RATE: '50', SIM_PLAYERS: '2', SIM_SAVE_FILES: '20' });
      const args = ['--host', 'box-1', '--image', 'simulator', '--env-file', env, '--memory', '512m'];
      const made = await fleet.owner.run(['server', 'create', server, ...args]);
      if (made.exitCode !== 0) throw new Error(made.stderr);
    }
    await fleet.owner.run(['stop', idle]);
    world = await witnessWorld(`${fleet.box.home}/servers/${name}/data`);
    log = fleet.owner.start(['logs', name, '-f', '--json']);
    await eventually('the log to be followed', () => seenLog(log).lines.length > 50);
  });
  afterAll(async () => {
    await fleet?.dispose();
    await engine?.dispose();
    expect(await machineEngine()).toBe(machine);
  });

  const shown = async (server = name) =>
    JSON.parse((await fleet.owner.run(['server', 'show', server, '--json'])).stdout).server;
  const becomes = (state: string, seconds?: number) =>
    eventually(`${name} to be ${state}`, async () => (await shown()).state === state, seconds);
  const inspect = (format: string) => engine.docker('inspect', '--format', format, container);
  /** One container for each server, the states as they are, the world whole, and every line of the log once. */
  const allIsTrue = async (): Promise<void> => {
    const { states } = await settledTruth(fleet, engine.socketPath);
    expect(states).toEqual({ [name]: 'ready', [idle]: 'stopped' });
    expect(await world.missing()).toEqual([]);
    const before = seenLog(log).lines.length;
    await eventually('the log to go on', () => seenLog(log).lines.length > before + 50);
    const { lines, seqs, gaps } = seenLog(log);
    expect(gaps).toEqual([]);
    expect(isUnbroken(seqs)).toBe(true);
    const truth = (await execa('docker', ['--host', `unix://${engine.socketPath}`, 'logs', container], { all: true }))
      .all;
    const all = truth.split('\n');
    const start = all.indexOf(lines[0] ?? '');
    expect(start).toBeGreaterThanOrEqual(0);
    expect(lines).toEqual(all.slice(start, start + lines.length));
  };

  /** Ends the engine, looks at what is shown of its games meanwhile, and starts it again. */
  const without = async (signal: 'SIGTERM' | 'SIGKILL', flags: readonly string[] = []): Promise<void> => {
    await engine.end(signal);
    await becomes('unknown', 10);
    expect((await shown()).detail).toMatch(/Docker/);
    expect((await shown(idle)).state).toBe('unknown');
    await engine.start(flags);
    // Seconds, not the minutes that an agent waits between two looks at all there is.
    await becomes('ready', 30);
  };
  const game = () => inspect('{{.Id}} {{.State.StartedAt}} {{.State.Pid}}');

  test('is killed in the middle of a restart, and ends its games as it comes back: the restart ends, too', async () => {
    const [id] = (await game()).split(' ');
    const restart = fleet.owner.start(['restart', name]);
    await eventually('the save', () => /saving the world/.test(restart.stderr()));
    await without('SIGKILL');
    expect({ exitCode: await restart.exited, stderr: restart.stderr() }).toMatchObject({ exitCode: 0 });
    expect(await inspect('{{.Id}}')).toBe(id);
    await allIsTrue();
  });

  test('is restarted, which ends its games: they are shown as crashed and run again, each once', async () => {
    const before = await game();
    await without('SIGTERM', ['--live-restore']);
    const after = await game();
    expect(after).not.toBe(before);
    expect(after.split(' ')[0]).toBe(before.split(' ')[0]);
    await allIsTrue();
    expect((await fleet.owner.run(['events', name])).stdout).toMatch(/crashed.+restart-planned.+ready/s);
  });

  test('is killed and leaves its games running: they are found as they were', async () => {
    const before = await game();
    await without('SIGKILL', ['--live-restore']);
    await allIsTrue();
    expect(await game()).toBe(before);
  });
});

/** What another engine could have spoilt: the machine's interfaces, its default network and what runs in it. */
async function machineEngine(): Promise<string> {
  const links = await execa('ip', ['-brief', 'address']);
  const bridge = await execa('docker', [
    'network',
    'inspect',
    'bridge',
    '--format',
    '{{.Id}}{{json .IPAM}}{{json .Options}}',
  ]);
  // Veth pairs and bridges of containers and networks come and go with the tests of others.
  const own = links.stdout.split('\n').filter((line) => /^(lo|eth\d+|docker0)\b/.test(line));
  return [
    ...own.map((line) =>
      line
        .trim()
        .split(/\s+/)
        .filter((word) => word !== 'UP' && word !== 'DOWN')
        .join(' '),
    ),
    bridge.stdout,
  ].join('\n');
}
