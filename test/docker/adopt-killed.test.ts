import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEngineProxy, type EngineProxy } from '../support/engine-proxy.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { createKilledAgent, type DeathPoint, type KilledAgent } from '../support/killed-agent.ts';
import { plainWorldHash, runPlainGame } from '../support/plain-game.ts';
import { settledTruth } from '../support/truth.ts';

const original = `pz-killed-${process.pid}`;
const kept = `${original}.before-zedops`;
const ours = 'simulator-heir';

describe('an agent killed while it adopts', () => {
  let folder: string;
  let data: string;
  let proxy: EngineProxy;
  let fleet: Fleet;
  let killed: KilledAgent;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zedops-plain-'));
    proxy = await createEngineProxy(join(folder, 'docker.sock'));
    fleet = await createFleet({ runtime: 'docker', agentEnv: { ZEDOPS_AGENT_DOCKER_SOCKET: proxy.socketPath } });
    killed = createKilledAgent(fleet, proxy);
  });
  const clear = () => execa('docker', ['rm', '--force', original, kept, ours], { reject: false });
  afterAll(async () => {
    await clear();
    await fleet?.dispose();
    await proxy?.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await clear();
    data = await mkdtemp(join(folder, 'world-'));
    await mkdir(join(data, 'zomboid'));
    data = join(data, 'zomboid');
    await runPlainGame(original, data, 'An-admin-canary-81d2');
  });
  const statusOf = async (name: string): Promise<string> =>
    (await execa('docker', ['inspect', '--format', '{{.State.Status}}', name], { reject: false })).stdout;

  const deaths: readonly DeathPoint[] = [
    { step: /copying/ },
    { step: /asking the game to quit/ },
    { when: 'after', call: /^POST \/containers\/[^/]+\/update/ },
    { when: 'after', call: /^POST \/containers\/[^/]+\/rename/ },
    { when: 'after', call: /^POST \/containers\/create\?name=simulator-heir/ },
    { when: 'before', call: /^POST \/containers\/\w+\/start/ },
  ];
  const titled = deaths.map(
    (point) => ['step' in point ? `at ${point.step}` : `${point.when} ${point.call}`, point] as const,
  );
  test.each(titled)('has one game on a whole world, %s', async (_, point) => {
    const before = await plainWorldHash(data);
    const words = ['server', 'adopt', 'heir', '--host', fleet.host, '--container', original, '--copy', '--yes'];
    const { exitCode, stderr } = await killed.during(words, point);
    const { states } = await settledTruth(fleet);
    // The original is never written to again, whoever runs.
    if (exitCode === 0) {
      expect({ states, was: await statusOf(kept) }).toEqual({ states: { heir: 'ready' }, was: 'exited' });
      expect(await plainWorldHash(join(fleet.box.home, 'servers/heir/data'))).toBe(before);
      for (const verb of [
        ['delete', 'heir', '--yes'],
        ['purge', 'heir', '--confirm', 'heir'],
      ]) {
        expect((await fleet.owner.run(['server', ...verb])).stderr).not.toContain('error');
      }
    } else {
      expect({ states, was: await statusOf(original), stderr }).toMatchObject({ states: {}, was: 'running' });
      expect(await statusOf(ours)).toBe('');
    }
    expect(await plainWorldHash(data)).toBe(before);
  });
});
