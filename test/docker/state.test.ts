import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';

const name = 'witness';
const container = `simulator-${name}`;
const copy = `${container}-copy`;

describe('what is shown of a server on a real engine', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await createFleet({ runtime: 'docker' });
    const env = await fleet.envFile(name, {});
    const made = await fleet.owner.run([
      ...['server', 'create', name, '--host', 'box-1', '--image', 'simulator'],
      ...['--env-file', env, '--memory', '512m'],
    ]);
    expect(made.stderr).not.toContain('error');
  });
  afterAll(async () => {
    await execa('docker', ['rm', '--force', container, copy], { reject: false });
    await fleet?.dispose();
  });

  const docker = (...args: string[]) => execa('docker', args);
  const shown = async () => JSON.parse((await fleet.owner.run(['server', 'show', name, '--json'])).stdout).server;
  const becomes = (state: string) => eventually(state, async () => (await shown()).state === state);
  const diff = () => fleet.owner.run(['diff', name]);

  test('a bound port and a console that takes the password are its evidence', async () => {
    await fleet.owner.run(['sync', name]);
    expect((await shown()).observed.evidence).toMatchObject({
      container: true,
      marker: true,
      gamePort: true,
      rcon: true,
    });
    expect(await diff()).toMatchObject({ exitCode: 0, stdout: '' });
  });

  test('a pause behind our back is shown, and is a difference', async () => {
    await docker('pause', container);
    await becomes('paused');
    const { exitCode, stdout } = await diff();
    expect(exitCode).toBe(10);
    expect(stdout).toMatch(/witness +box-1 +power +on +paused/);
    await docker('unpause', container);
    await becomes('ready');
  });

  test('a second container with its labels is named, and neither is touched', async () => {
    const labels = JSON.parse((await docker('inspect', '--format', '{{json .Config.Labels}}', container)).stdout);
    const flags = Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${String(value)}`]);
    await docker('create', '--name', copy, ...flags, 'zedops-simulator:latest');
    await becomes('failed');
    expect((await shown()).detail).toContain(`${container}, ${copy}`);
    const refused = await fleet.owner.run(['stop', name]);
    expect(refused.stderr).toContain(`Several containers say they are ${name}`);
    expect((await diff()).exitCode).toBe(10);
    expect((await docker('inspect', '--format', '{{.State.Status}}', container)).stdout).toBe('running');
    await docker('rm', copy);
    await becomes('ready');
  });

  test('a removal behind our back is shown, and a start makes the container anew', async () => {
    await docker('rm', '--force', container);
    await becomes('missing');
    expect((await diff()).stdout).toMatch(/witness +box-1 +container +one +none/);
    expect((await fleet.owner.run(['start', name])).exitCode).toBe(0);
    await becomes('ready');
    expect((await diff()).exitCode).toBe(0);
  });
});
