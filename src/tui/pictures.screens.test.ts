import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { screenSvg } from '../../test/support/screen-svg.ts';
import { root } from '../../test/support/zedops.ts';
import type { FakeAnswer } from '../client/fake-manager.ts';
import type { FleetServer } from '../protocol/entities/fleet.ts';
import { metricsAnswers } from './metrics-bed.ts';
import { bedTime, fleetAnswers, openTuiBed, someHost, someLog, someServer, type TuiBed } from './tui-bed.ts';

/**
 * The pictures of `docs/screens/`, which are the screens themselves. Who changes a screen makes them anew with
 * `node scripts/docs-screens.ts`, and sees in the review what the change looks like.
 */
const servers: readonly FleetServer[] = [
  someServer('kingsmouth', { playersOnline: 4, tags: ['coop'], readySeconds: 401_000 }),
  someServer('louisville', { playersOnline: 31, tags: ['eu', 'pvp'], readySeconds: 93_000 }),
  someServer('march-ridge', { state: 'stopped', power: 'off', detail: undefined, readySeconds: undefined }),
  someServer('muldraugh', { playersOnline: 12, tags: ['eu'], readySeconds: 7_800, pending: true }),
  someServer('raven-creek', {
    host: 'box-2',
    hostId: 'h2',
    state: 'crashed',
    detail: 'out of memory, starts again at 15:01',
    readySeconds: undefined,
    tags: ['mods'],
  }),
  someServer('riverside', { host: 'box-2', hostId: 'h2', playersOnline: 0, readySeconds: 1_260_000 }),
  someServer('rosewood', {
    host: 'box-2',
    hostId: 'h2',
    state: 'starting',
    detail: undefined,
    readySeconds: undefined,
  }),
  someServer('west-point', { host: 'box-3', hostId: 'h3', playersOnline: 7, readySeconds: 50_400 }),
];
const hosts = [
  someHost('box-1', { servers: 4 }),
  someHost('box-2', { id: 'h2', servers: 3, latencyMs: 31.7 }),
  someHost('box-3', { id: 'h3', servers: 1, latencyMs: 8.1 }),
];

const details: FakeAnswer = () => ({
  server: {
    ...servers[1],
    power: 'on',
    revision: 12,
    template: 'steam-zomboid',
    env: {},
    secretKeys: [],
    limits: { memoryMb: 16_384 },
    createdAt: new Date(bedTime - 40 * 86_400_000).toISOString(),
    folder: '/srv/zedops/louisville',
    observed: {
      id: 'id-louisville',
      name: 'louisville',
      at: new Date(bedTime).toISOString(),
      revision: 12,
      data: 'present',
      gameVersion: '42.13.1',
      readyAt: new Date(bedTime - 93_000_000).toISOString(),
      evidence: { container: true, marker: true, gamePort: true, rcon: true, at: new Date(bedTime).toISOString() },
    },
  },
});

const beds: TuiBed[] = [];
beforeEach(() => void vi.stubEnv('TZ', 'UTC'));
afterEach(async () => {
  for (const bed of beds.splice(0)) await bed.end();
  vi.unstubAllEnvs();
});

async function open(answers: Readonly<Record<string, FakeAnswer>> = {}): Promise<TuiBed> {
  const given = {
    ...fleetAnswers(servers, hosts),
    ...metricsAnswers(servers, hosts).answers,
    'server.show': details,
    ...answers,
  };
  const bed = openTuiBed({ columns: 120, rows: 34, answers: given });
  beds.push(bed);
  await bed.shows(/kingsmouth/);
  return bed;
}

async function expectPicture(bed: TuiBed, name: string, title: string): Promise<void> {
  await bed.settle();
  await expect(screenSvg(bed.screen, title)).toMatchFileSnapshot(join(root, 'docs/screens', `${name}.svg`));
}

describe('pictures', () => {
  test('of the fleet', async () => {
    const bed = await open();
    bed.type('j');
    await expectPicture(bed, 'fleet', 'The fleet: hosts, servers with their states, and what happens');
  });

  test('of a server', async () => {
    const bed = await open();
    bed.type('j\r');
    await bed.shows(/evidence/);
    await expectPicture(bed, 'server', 'A server: its state and what speaks for it');
  });

  test('of a log', async () => {
    const log = someLog();
    const bed = await open({ 'server.logs': log.answer });
    bed.type('jL');
    await bed.shows(/line 40/);
    log.say(...chatter());
    await bed.shows(/broken pipe/);
    bed.type('/broken\r');
    await expectPicture(bed, 'log', 'A log, followed, with what was searched for standing out');
  });

  test('of a question', async () => {
    const bed = await open();
    bed.type('jS');
    await bed.shows(/Stop louisville/);
    await expectPicture(bed, 'question', 'ZedOps asks before it stops a server with players on it');
  });

  test('of the keys', async () => {
    const bed = await open();
    bed.type('?');
    await bed.shows(/Everywhere/);
    await expectPicture(bed, 'keys', 'Every key, and what it does');
  });
});

/** Lines of the simulator's kind. */
function chatter(): string[] {
  const texts = [
    'LOG  : General     , 1763737200000> 93,000,000> population of the cell was redistributed, virtual zombies: 41',
    'LOG  : Network     , 1763737200010> 93,000,010> a player’s position was confirmed, players: 31',
    'WARN : Network     , 1763737200020> 93,000,020> a packet came late, ms: 412',
    'LOG  : General     , 1763737200030> 93,000,030> chunk streamed in around a player, zombies awake: 17',
    'LOG  : General     , 1763737200040> 93,000,040> vehicles of the cell were parked, physics steps: 3',
  ];
  const lines = Array.from({ length: 30 }, (_, index) => texts[(index * 7 + (index >> 2)) % texts.length] ?? '');
  return [
    ...lines,
    'ERROR: Network     , 1763737200050> 93,000,050> java.io.IOException: broken pipe',
    ...texts.slice(0, 2),
  ];
}
