import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { plainWorldHash, runPlainGame } from '../support/plain-game.ts';

const original = `pz-${process.pid}`;
const kept = `${original}.before-zedops`;

describe('adopting what docker run made', () => {
  let fleet: Fleet;
  let place: string;
  const admin = 'An-admin-canary-20fb';
  beforeAll(async () => {
    fleet = await createFleet({ runtime: 'docker' });
  });
  afterAll(async () => {
    for (const name of ['simulator-gone', 'simulator-taken'])
      await execa('docker', ['rm', '-f', name], { reject: false });
    await fleet?.dispose();
  });
  afterEach(async () => {
    for (const name of [original, kept]) await execa('docker', ['rm', '-f', name], { reject: false });
    await rm(place, { recursive: true, force: true });
  });

  const inspect = async (name: string, format: string): Promise<string> =>
    (await execa('docker', ['inspect', '--format', format, name], { reject: false })).stdout;

  /** Runs a game by plain `docker run`, with a bind, ports and a restart policy of its own. */
  const runPlainly = async (): Promise<string> => {
    place = await mkdtemp(join(tmpdir(), 'zedops-plain-'));
    const data = join(place, 'zomboid');
    await mkdir(data);
    await runPlainGame(original, data, admin);
    return data;
  };

  test('takes over world, settings and ports, and keeps the original', async () => {
    const data = await runPlainly();
    const before = await plainWorldHash(data);
    const listed = await fleet.owner.run(['server', 'list', '--unmanaged', '--host', 'box-1']);
    expect(listed.stdout).toMatch(new RegExp(`${original} +box-1 +running +zedops-simulator:latest .* old +its image`));
    const words = ['server', 'adopt', 'taken', '--host', 'box-1', '--container', original, '--copy'];
    const dry = await fleet.owner.run([...words, '--dry-run']);
    expect(dry.stdout).toContain('SERVER_NAME');
    expect(dry.stdout).not.toContain('NODE_VERSION');
    expect(dry.stdout).not.toContain(admin);
    expect(await inspect(original, '{{.State.Status}}')).toBe('running');

    const adopted = await fleet.owner.run([...words, '--yes']);
    expect(adopted.stderr).not.toContain('error');
    expect(adopted.stdout).toContain('taken is adopted and ready');
    expect(adopted.stderr).toContain('asking the game to quit');
    expect(await inspect(kept, '{{.State.Status}} {{.HostConfig.RestartPolicy.Name}}')).toBe('exited no');
    expect(await inspect('simulator-taken', '{{.State.Status}}')).toBe('running');
    const copy = /"Source":"([^"]+)"/.exec(await inspect('simulator-taken', '{{json .Mounts}}'))?.[1] ?? '';
    expect(copy).toMatch(/taken\/data$/);
    expect(await plainWorldHash(copy)).toBe(before);
    expect(await plainWorldHash(data)).toBe(before);
    const after = await fleet.owner.run(['server', 'list', '--unmanaged', '--host', 'box-1', '--json']);
    expect(after.stdout).not.toContain('simulator-taken');
    await fleet.owner.run(['server', 'kill', 'taken', '--yes']);
  });

  test('puts the original back where the adopted server does not become ready, and after a killed agent', async () => {
    const data = await runPlainly();
    const before = await plainWorldHash(data);
    const words = ['server', 'adopt', 'gone', '--host', 'box-1', '--container', original, '--copy', '--yes'];
    const failing = ['--env', 'SIM_CRASH_AFTER=0', '--env', 'SIM_CRASH_KIND=exit', '--env', 'SIM_STARTUP_SECONDS=30'];
    const failed = await fleet.owner.run([...words, ...failing]);
    expect(failed.exitCode).not.toBe(0);
    expect(failed.stderr).toContain(`${original} is as it was`);
    const state = '{{.State.Status}} {{.HostConfig.RestartPolicy.Name}}';
    expect(await inspect(original, state)).toBe('running unless-stopped');
    expect(await inspect('simulator-gone', '{{.Id}}')).toBe('');
    expect(await plainWorldHash(data)).toBe(before);
    expect((await fleet.owner.run(['server', 'list'])).stdout).not.toContain('gone');

    // The next one is killed while it waits for the game to start, and goes on by itself.
    const begun = fleet.owner.start([...words, '--env', 'SIM_STARTUP_SECONDS=4']);
    await eventually(
      'our container to run',
      async () => (await inspect('simulator-gone', '{{.State.Status}}')) === 'running',
    );
    await fleet.agent().end('SIGKILL');
    await fleet.startAgent();
    await eventually('it to be ready', async () => (await fleet.owner.run(['ps'])).stdout.match(/gone +box-1 +ready/));
    await begun.end('SIGINT');
    expect(await inspect(kept, state)).toBe('exited no');
    await fleet.owner.run(['server', 'kill', 'gone', '--yes']);
  });
});
