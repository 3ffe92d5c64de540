import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { findSecrets } from '../support/find-secrets.ts';
import { createFleet, type Fleet, secrets } from '../support/fleet.ts';
import { isUnbroken, seenLog } from '../support/log-reader.ts';

const image = 'simulator';
const name = 'alpha';
const container = `${image}-${name}`;

describe('the main job on a real engine', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await createFleet({ runtime: 'docker' });
  });
  afterAll(async () => {
    await execa('docker', ['rm', '--force', container], { reject: false });
    await fleet?.dispose();
  });

  const inspect = async (format: string): Promise<string> =>
    (await execa('docker', ['inspect', '--format', format, container])).stdout;
  const state = async (): Promise<string> => {
    const { stdout } = await fleet.owner.run(['server', 'show', name, '--json']);
    return JSON.parse(stdout).server.state;
  };

  test('shows the host with its engine', async () => {
    const { stdout } = await fleet.owner.run(['host', 'list']);
    expect(stdout).toMatch(/box-1\s+online\s+\d+(\.\d+)? ms\s+Docker \S+\s+0 servers/);
  });

  test('creates a server from an env file and waits until players can come in', async () => {
    const env = await fleet.envFile(name, { SIM_LOG_RATE: '200', SIM_PLAYERS: '3' });
    const { exitCode, stderr } = await fleet.owner.run([
      ...['server', 'create', name, '--host', 'box-1', '--image', image],
      ...['--env-file', env, '--memory', '512m'],
    ]);
    expect(stderr).not.toContain('error');
    expect(exitCode).toBe(0);
    expect(await state()).toBe('ready');
  });

  test('gives the container limits, log rotation, its folders and no RCON port', async () => {
    expect(await inspect('{{.HostConfig.Memory}}')).toBe(String(512 * 1024 ** 2));
    expect(await inspect('{{.HostConfig.Privileged}} {{.HostConfig.RestartPolicy.Name}}')).toBe('false no');
    expect(await inspect('{{index .HostConfig.LogConfig.Config "max-size"}}')).toMatch(/^\d+/);
    expect(await inspect('{{json .HostConfig.PortBindings}}')).not.toContain('/tcp');
    expect(
      await inspect('{{index .Config.Labels "zedops.managed"}} {{index .Config.Labels "zedops.server.name"}}'),
    ).toBe(`true ${name}`);
    expect(await inspect('{{json .HostConfig.Binds}}{{json .Mounts}}')).toContain(`/servers/${name}/data`);
    const compose = await fleet.owner.run(['server', 'export', name]);
    expect(compose.stdout).toContain(container);
    expect(compose.stdout).not.toContain(secrets.rcon);
  });

  test('a log comes back by itself through a killed agent and a restarted manager, each line once and in order', async () => {
    const near = fleet.owner.start(['logs', name, '-f', '--json']);
    const far = fleet.far.start(['logs', name, '-f', '--json']);
    const heardBeyond = (count: number) => () =>
      [near, far].every((follower) => seenLog(follower).lines.length > count);
    await eventually('both to hear the log', heardBeyond(200));

    await fleet.agent().end('SIGKILL');
    await fleet.startAgent();
    const afterAgent = Math.max(...[near, far].map((follower) => seenLog(follower).lines.length));
    await eventually('both to hear more after the agent came back', heardBeyond(afterAgent + 300));

    await fleet.manager().end('SIGKILL');
    await fleet.startManager();
    const afterManager = Math.max(...[near, far].map((follower) => seenLog(follower).lines.length));
    await eventually('both to hear more after the manager came back', heardBeyond(afterManager + 300), 90);

    await near.end('SIGINT');
    await far.end('SIGINT');
    const { stdout } = await execa('docker', ['logs', container], { all: true, maxBuffer: 64 * 1024 ** 2 });
    const truth = stdout.split('\n');
    for (const { lines, seqs, gaps } of [seenLog(near), seenLog(far)]) {
      expect(gaps).toEqual([]);
      expect(isUnbroken(seqs)).toBe(true);
      const start = truth.indexOf(lines[0] ?? '');
      expect(start).toBeGreaterThanOrEqual(0);
      expect(lines).toEqual(truth.slice(start, start + lines.length));
    }
  });

  test('shows what happens to the container behind its back within a second', async () => {
    await execa('docker', ['pause', container]);
    await eventually('paused to be seen', async () => (await state()) === 'paused', 5);
    await execa('docker', ['unpause', container]);
    await eventually('ready to be seen', async () => (await state()) === 'ready', 5);
  });

  test('starts a crashed server again', async () => {
    await execa('docker', ['kill', container]);
    await eventually('crashed to be seen', async () => (await state()) === 'crashed', 5);
    await eventually('ready again', async () => (await state()) === 'ready', 30);
    const { stdout } = await fleet.owner.run(['crashes', 'list', 'alpha']);
    expect(stdout).toMatch(/alpha +box-1 +killed +137 +something killed the game at once/);
    const told = await fleet.owner.run(['events', 'alpha']);
    expect(told.stdout).toMatch(/paused.+resumed.+crashed.+restart-planned.+started again.+ready/s);
  });

  test('stops it with a save that the game’s own log confirms', async () => {
    const { exitCode, stdout, stderr } = await fleet.owner.run(['stop', name, '--json']);
    expect(stderr).not.toContain('error');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'stopped', saved: 'confirmed', ended: 'quit' });
    expect(await inspect('{{.State.Status}} {{.State.ExitCode}}')).toBe('exited 0');
    const log = await readFile(join(fleet.box.home, 'servers', name, 'data', 'server-console.txt'), 'utf8');
    const saved = log.lastIndexOf('Saving finish');
    expect(saved).toBeGreaterThan(-1);
    expect(log.lastIndexOf('Shutdown handling finished')).toBeGreaterThan(saved);
  });

  test('starts again, kills without a save and says so', async () => {
    const started = await fleet.far.run(['start', name]);
    expect(started.exitCode).toBe(0);
    const killed = await fleet.far.run(['server', 'kill', name, '--yes']);
    expect(killed.exitCode).toBe(0);
    expect(killed.stdout).toMatch(/without a save|not saved/i);
    expect(await state()).toBe('stopped');
  });

  test('deletes the container and keeps the world', async () => {
    const { exitCode } = await fleet.far.run(['server', 'delete', name, '--yes']);
    expect(exitCode).toBe(0);
    const { stdout } = await execa('docker', ['ps', '--all', '--quiet', '--filter', `name=${container}`]);
    expect(stdout).toBe('');
    expect((await stat(join(fleet.box.home, 'servers', name, 'data'))).isDirectory()).toBe(true);
    const listed = await fleet.owner.run(['server', 'list', '--json']);
    expect(JSON.parse(listed.stdout).servers).toEqual([]);
  });

  test('leaves no secret in any log, database, audit row or process list', async () => {
    const audit = await fleet.owner.run(['audit', '--json']);
    expect(audit.stdout).toContain('server.create');
    expect(await findSecrets(fleet, [audit.stdout, fleet.manager().stderr(), fleet.agent().stderr()])).toEqual([]);
  });
});
