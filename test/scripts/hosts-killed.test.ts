import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { eventually } from '../support/eventually.ts';
import { createFleet, type Fleet } from '../support/fleet.ts';
import { gamesBelow } from '../support/games.ts';
import { addHost, type SecondHost } from '../support/second-host.ts';
import { type WorldWitness, witnessWorld } from '../support/world-witness.ts';
import type { Daemon } from '../support/zedops.ts';

const phases = ['copying', 'stopped', 'switched', 'settled'] as const;
type Phase = (typeof phases)[number];
const Row = z.object({ phase: z.string() });
const Shown = z.object({ server: z.object({ state: z.string(), host: z.string() }) });
const ShownJob = z.object({ job: z.object({ state: z.string() }) });

interface Box {
  readonly name: string;
  readonly home: string;
  readonly agent: () => Daemon;
  readonly startAgent: () => Promise<void>;
}

/** A manager and two hosts as processes of their own, and a server that goes to and fro between them. */
describe.skipIf(process.getuid?.() !== 0)('a move between hosts, with processes that are killed', () => {
  let fleet: Fleet;
  let second: SecondHost;
  let boxes: readonly [Box, Box];
  let world: WorldWitness;
  let store: DatabaseSync;
  const watching = new AbortController();
  /** Becomes what is wrong, if ever two games of the server run at once. */
  let twice = '';
  let watch: Promise<void>;
  beforeAll(async () => {
    fleet = await createFleet({ runtime: 'process' });
    second = await addHost(fleet, 'box-2', { apart: true });
    boxes = [
      { name: fleet.host, home: fleet.box.home, agent: fleet.agent, startAgent: fleet.startAgent },
      { name: second.name, home: second.place.home, agent: second.agent, startAgent: second.startAgent },
    ];
    const env = await fleet.envFile('alpha', { SIM_STARTUP_SECONDS: '0.2', SIM_SAVE_FILES: '20' });
    const args = ['server', 'create', 'alpha', '--host', fleet.host, '--image', 'simulator', '--env-file', env];
    const { exitCode, stderr } = await fleet.owner.run(args);
    if (exitCode !== 0) throw new Error(stderr);
    world = await witnessWorld(dataOn(boxes[0]));
    store = new DatabaseSync(join(fleet.owner.home, 'manager/manager.db'), { readOnly: true });
    watch = watchGames();
  });
  afterAll(async () => {
    watching.abort();
    await watch;
    store?.close();
    for (const pid of (await gamesBelow((boxes ?? []).map(({ home }) => home))).flat()) process.kill(pid, 'SIGKILL');
    await second?.dispose();
    await fleet?.dispose();
  });

  const dataOn = ({ home }: Box): string => join(home, 'servers/alpha/data');
  const phaseNow = (): string | undefined => {
    const row = store.prepare('select phase from relocations').get();
    return row === undefined ? undefined : Row.parse(row).phase;
  };
  const watchGames = async (): Promise<void> => {
    while (!watching.signal.aborted && twice === '') {
      const running = await gamesBelow(boxes.map(({ home }) => home));
      if (running.every((pids) => pids.length > 0)) twice = `alpha ran on both hosts, at ${phaseNow()}`;
      await pause(100);
    }
  };

  const moved = async (job: string, from: Box, to: Box): Promise<Box> => {
    await eventually('the move to be cleared away', () => phaseNow() === undefined, 60);
    await eventually('the job to have ended', async () => {
      const { stdout } = await fleet.owner.run(['job', 'show', job, '--json']);
      return stdout !== '' && ShownJob.parse(JSON.parse(stdout)).job.state !== 'running';
    });
    const now = await eventually('alpha to be ready', async () => {
      const { server } = Shown.parse(await fleet.owner.json(['server', 'show', 'alpha']));
      return server.state === 'ready' && (server.host === from.name ? from : to);
    });
    const other = now === from ? to : from;
    expect((await gamesBelow([now.home, other.home])).map((pids) => pids.length)).toEqual([1, 0]);
    expect(await world.missing(dataOn(now))).toEqual([]);
    for (const name of ['alpha', 'alpha.arriving']) expect(existsSync(join(other.home, 'servers', name))).toBe(false);
    expect(twice).toBe('');
    return now;
  };

  const cases = phases.flatMap((phase) =>
    (['manager', 'first', 'second'] as const).map((who) => [who, phase] as const),
  );
  test.each(cases)('the %s is killed while it is %s', async (who, phase) => {
    const isOnSecond = existsSync(dataOn(boxes[1]));
    const [from, to] = isOnSecond ? [boxes[1], boxes[0]] : boxes;
    const begun = await fleet.owner.run(['server', 'move', 'alpha', '--to-host', to.name, '--detach']);
    expect(begun.stderr).not.toContain('error');
    const job = begun.stdout.trim();
    await reached(phase, from, to);
    if (who === 'manager') await fleet.manager().end('SIGKILL');
    else await (who === 'first' ? from : to).agent().end('SIGKILL');
    thaw(from);
    if (who === 'manager') await fleet.startManager();
    else await (who === 'first' ? from : to).startAgent();
    await moved(job, from, to);
  });

  /** Resolves in that phase. What is told to the first host at the end is so quick that it is kept from hearing it. */
  const reached = async (phase: Phase, from: Box, to: Box): Promise<void> => {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const now = phaseNow();
      if (phase === 'settled' && now === 'switched') process.kill(from.agent().pid, 'SIGSTOP');
      // Before anything is written there, the move has hardly begun.
      if (now === phase && (phase !== 'copying' || existsSync(join(to.home, 'servers/alpha.arriving')))) return;
      if (Date.now() > deadline) throw new Error(`the move did not come to ${phase}, and is at ${now}`);
      await pause(2);
    }
  };
  const thaw = (box: Box): void => {
    try {
      process.kill(box.agent().pid, 'SIGCONT');
    } catch {
      // It is the one that was killed.
    }
  };
});
