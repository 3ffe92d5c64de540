import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';

const name = 'rebuilt';
const container = `simulator-${name}`;

describe('a rebuild on a real engine', () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await createFleet({ runtime: 'docker' });
    const env = await fleet.envFile(name);
    const args = ['--host', 'box-1', '--image', 'simulator', '--env-file', env, '--memory', '512m'];
    const { exitCode, stderr } = await fleet.owner.run(['server', 'create', name, ...args]);
    if (exitCode !== 0) throw new Error(stderr);
  });
  afterAll(async () => {
    const left = (await ours()).map((line) => line.split(' ')[0] ?? '');
    if (left.length > 0) await execa('docker', ['rm', '--force', ...left], { reject: false });
    await fleet?.dispose();
  });

  /** Containers of the server, each as `<name> <state>`. */
  const ours = async (): Promise<string[]> => {
    const filter = `label=zedops.server.name=${name}`;
    const format = '{{.Names}} {{.State}}';
    const { stdout } = await execa('docker', ['ps', '--all', '--filter', filter, '--format', format]);
    return stdout.split('\n').filter((line) => line !== '');
  };
  const inspect = async (format: string): Promise<string> =>
    (await execa('docker', ['inspect', '--format', format, container])).stdout;
  /** Files of the world, but for what each save writes anew. */
  const world = async (): Promise<readonly string[]> => {
    const source = await inspect('{{range .Mounts}}{{.Source}}{{end}}');
    return (await readdir(join(source, 'Saves/Multiplayer', name))).sort();
  };

  test('edits limits and env at once, on the same world', async () => {
    const id = await inspect('{{.Id}}');
    const edited = await fleet.owner.run(['server', 'edit', name, '--memory', '640m', '--set', 'SERVER_MAX_PLAYERS=9']);
    expect(edited.stderr).not.toContain('error');
    expect(edited.stdout).toContain('the save was confirmed');
    expect(await inspect('{{.HostConfig.Memory}}')).toBe(String(640 * 1024 ** 2));
    expect(await inspect('{{.Id}}')).not.toBe(id);
    expect(await ours()).toEqual([`${container} running`]);
  });

  test('goes back to the old container where the new game does not get ready', async () => {
    const [id, before] = [await inspect('{{.Id}}'), await world()];
    const args = ['--set', 'SIM_CRASH_AFTER=1', '--set', 'SIM_STARTUP_SECONDS=20'];
    const { exitCode, stderr } = await fleet.owner.run(['server', 'edit', name, ...args]);
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(`${name} has its old container again`);
    expect(await inspect('{{.Id}}')).toBe(id);
    expect(await ours()).toEqual([`${container} running`]);
    expect(before.length).toBeGreaterThan(0);
    expect(await world()).toEqual(before);
    const back = ['--unset', 'SIM_CRASH_AFTER', '--set', 'SIM_STARTUP_SECONDS=1', '--later'];
    expect((await fleet.owner.run(['server', 'edit', name, ...back])).exitCode).toBe(0);
  });

  test.each([
    ['the new container is made', /\.new-\S+ created/],
    ['the old one is set aside', /\.old-\S+ exited/],
    ['the new one runs in its place', /^simulator-rebuilt running\n\S+\.old-\S+ exited/],
  ])('ends by itself after the agent is killed when %s', async (_, place) => {
    const rebuild = await fleet.owner.run(['server', 'rebuild', name, '--detach']);
    const job = rebuild.stdout.trim();
    await eventually('that place', async () => place.test((await ours()).sort().join('\n')));
    await fleet.agent().end('SIGKILL');
    expect((await ours()).filter((line) => line.endsWith('running')).length).toBeLessThanOrEqual(1);
    await fleet.startAgent();
    await eventually('the job to end', async () => {
      const { stdout } = await fleet.owner.run(['job', 'show', job, '--json']);
      return stdout !== '' && JSON.parse(stdout).job.state === 'done';
    });
    expect(await ours()).toEqual([`${container} running`]);
  });

  test('renames it while it runs', async () => {
    const started = await inspect('{{.State.StartedAt}}');
    const { stdout } = await fleet.owner.run(['server', 'rename', name, 'renamed']);
    expect(stdout).toContain(`its world stays in`);
    expect(await ours()).toEqual(['simulator-renamed running']);
    const { stdout: after } = await execa('docker', [
      'inspect',
      '--format',
      '{{.State.StartedAt}}',
      'simulator-renamed',
    ]);
    expect(after).toBe(started);
  });
});
