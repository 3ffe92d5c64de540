import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ZedopsError } from '../../protocol/errors.ts';
import { createCliBed } from '../cli-bed.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'zedops-bulk-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const row = (index: number) => ({
  id: `id-${index}`,
  name: `pz-${index}`,
  host: 'box-1',
  state: 'ready',
  image: 'x:1',
  ports: [],
  pending: false,
});
const stopped = { state: 'stopped', saved: 'confirmed', ended: 'quit', seconds: 3, saveSeconds: 1, quitSeconds: 2 };

/** A fleet of so many servers; stopping those whose id is in `failing` fails. */
const fleet = (count: number, failing: readonly string[] = [], undecided?: readonly string[]) =>
  createCliBed(home, {
    'server.list': () => ({
      servers: Array.from({ length: count }, (_, index) => row(index + 1)),
      ...(undecided ? { undecided } : {}),
    }),
    'server.stop': ({ data }) => {
      const id = String(Reflect.get(Object(data), 'server'));
      if (failing.includes(id)) throw new ZedopsError('CONFLICT', `${id} is busy`, { hint: 'zedops job list' });
      return stopped;
    },
    'server.kill': () => ({ state: 'stopped', wasRunning: true }),
  });
const asked = (bed: ReturnType<typeof fleet>): number =>
  bed.manager.asked.filter(({ subject }) => subject !== 'server.list').length;

describe('a deed to many servers', () => {
  test('is shown first, done to each by its own request, and summed up', async () => {
    const bed = fleet(2);
    const { code, stdout, stderr } = await bed.run(['stop', '--on', 'tag=eu', '--yes']);
    expect(code).toBe(0);
    expect(bed.manager.asked[0]?.data).toEqual({ on: 'tag=eu' });
    expect(stderr).toBe('NAME  HOST   STATE\npz-1  box-1  ready\npz-2  box-1  ready\n');
    expect(stdout).toContain('pz-1  done     pz-1 stopped: saved in 1 s (confirmed), quit in 2 s');
    expect(new Set(bed.manager.asked.map(({ id }) => id)).size).toBe(3);
  });

  test('asks on a terminal, and without one wants --yes', async () => {
    const bed = fleet(2);
    expect(await bed.run(['stop', '--on', 'all'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(await bed.run(['stop', '--on', 'all'], { isTty: true, input: 'n\n' })).toMatchObject({ code: 130 });
    expect(asked(bed)).toBe(0);
    expect(await bed.run(['stop', '--on', 'all'], { isTty: true, input: 'y\n' })).toMatchObject({ code: 0 });
    expect(asked(bed)).toBe(2);
  });

  test('above ten wants the exact number', async () => {
    const bed = fleet(11);
    const refused = { code: 2, stdout: '', stderr: expect.stringContaining('--yes=11') };
    expect(await bed.run(['stop', '--on', 'all', '--yes'])).toMatchObject(refused);
    expect(await bed.run(['stop', '--on', 'all', '--yes=10'])).toMatchObject(refused);
    expect(await bed.run(['stop', '--on', 'all'], { isTty: true, input: 'yes\n' })).toMatchObject({ code: 130 });
    expect(asked(bed)).toBe(0);
    expect(await bed.run(['stop', '--on', 'all'], { isTty: true, input: '11\n' })).toMatchObject({ code: 0 });
    expect(await bed.run(['stop', '--on', 'all', '--yes=11'])).toMatchObject({ code: 0 });
    expect(asked(bed)).toBe(22);
  });

  test('begins no further one after a failure, and ends with its code', async () => {
    const bed = fleet(5, ['id-2']);
    const outcome = await bed.run(['stop', '--on', 'all', '--yes', '--parallel', '1', '--json']);
    expect(outcome.code).toBe(5);
    const { servers } = JSON.parse(outcome.stdout);
    expect(servers.map((each: { outcome: string }) => each.outcome)).toEqual([
      'done',
      'failed',
      'not-begun',
      'not-begun',
      'not-begun',
    ]);
    expect(JSON.parse(outcome.stderr)).toEqual({
      error: {
        code: 'CONFLICT',
        message: 'stop: 1 of 5 servers failed, 3 not begun; pz-2: id-2 is busy',
        hint: 'zedops job list',
      },
    });
  });

  test('goes on after a failure with --keep-going', async () => {
    const bed = fleet(5, ['id-2']);
    const outcome = await bed.run(['stop', '--on', 'all', '--yes', '--parallel', '1', '--keep-going']);
    expect(outcome).toMatchObject({ code: 5, stderr: expect.stringContaining('1 of 5 servers failed; pz-2') });
    expect(asked(bed)).toBe(5);
  });

  test('that fits nothing does nothing, and says so', async () => {
    const bed = fleet(0, [], ['pz-9']);
    expect(await bed.run(['stop', '--on', 'players=0'])).toEqual({
      code: 0,
      stdout: 'no server fits "players=0"; nothing was done\n',
      stderr: 'warning: left out, because it is not known how many are online: pz-9\n',
    });
  });

  test.each([
    [['stop'], /needs <server>, or --on/],
    [['stop', 'alpha', '--on', 'all'], /not both/],
    [['stop', 'alpha', '--max-wait', '3h'], /--when-empty/],
    [['stop', 'alpha', '--warn', '5 minutes'], /--warn: "5 minutes" is not a length of time/],
    [['stop', 'alpha', '--warn', '2h', '--when-empty', '--max-wait', '1h'], /does not fit into --max-wait/],
    [['server', 'kill', 'alpha', '--yes=1'], /takes a plain --yes/],
    [['server', 'tag', 'add', 'alpha'], /needs one tag or more/],
    [['server', 'tag', 'add', 'alpha', 'No'], /a tag has 1 to 32/],
  ])('%j is refused before anything is done', async (argv, says) => {
    const bed = fleet(2);
    expect(await bed.run(argv)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(says) });
    expect(bed.manager.asked).toEqual([]);
  });
});

describe('what a stop says', () => {
  test.each([
    [
      { farewell: { ended: 'time', waitedSeconds: 300, players: 3, warned: { seconds: 300, players: 3 } } },
      'alpha stopped: warned 3 players 5 min before, saved in 1 s (confirmed), quit in 2 s\n',
    ],
    [
      { farewell: { ended: 'empty', waitedSeconds: 0.1, players: 0 } },
      'alpha stopped: nobody was online, saved in 1 s (confirmed), quit in 2 s\n',
    ],
    [
      { farewell: { ended: 'empty', waitedSeconds: 720, players: 0 } },
      'alpha stopped: nobody was online after 12 min, saved in 1 s (confirmed), quit in 2 s\n',
    ],
    [
      { farewell: { ended: 'time', waitedSeconds: 10, unheard: 'RCON does not answer' }, saved: 'not-asked' },
      'alpha stopped: no message reached players (RCON does not answer), it could not be asked to save, because RCON was not reached, quit in 2 s\n',
    ],
    [{ ended: 'was-stopped', saved: 'was-stopped' }, 'alpha was stopped already\n'],
  ])('%j', async (report, sentence) => {
    const bed = createCliBed(home, { 'server.stop': () => ({ ...stopped, ...report }) });
    const { stdout } = await bed.run(['stop', 'alpha', '--warn', '5m,10s', '--reason', 'mods']);
    expect(stdout).toBe(sentence);
    expect(bed.manager.asked[0]?.data).toEqual({ server: 'alpha', warnSeconds: [300, 10], reason: 'mods' });
  });
});
