import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { root } from '../../test/support/zedops.ts';
import type { FakeAnswer } from '../client/fake-manager.ts';
import { ZedopsError } from '../protocol/errors.ts';
import { metricsAnswers, someHostMetrics, someServerMetrics } from './metrics-bed.ts';
import { bedTime, fleetAnswers, openTuiBed, someHost, someServer, type TuiBed, type TuiBedOptions } from './tui-bed.ts';

const servers = [
  someServer('alpha', { playersOnline: 12 }),
  someServer('bravo', { playersOnline: 3 }),
  someServer('charlie', { state: 'stopped', readySeconds: undefined }),
];
const hosts = [someHost('box-1')];
const details: FakeAnswer = () => ({
  server: {
    ...servers[0],
    revision: 1,
    template: 'steam-zomboid',
    env: {},
    secretKeys: [],
    limits: { memoryMb: 16_384 },
    createdAt: new Date(bedTime).toISOString(),
  },
});
let metrics: ReturnType<typeof metricsAnswers>;

const beds: TuiBed[] = [];
beforeEach(() => {
  vi.stubEnv('TZ', 'UTC');
  metrics = metricsAnswers(servers, hosts);
});
afterEach(async () => {
  for (const bed of beds.splice(0)) await bed.end();
  vi.unstubAllEnvs();
});

async function open(
  options: Partial<TuiBedOptions> = {},
  answers: Readonly<Record<string, FakeAnswer>> = {},
): Promise<TuiBed> {
  const given = { ...fleetAnswers(servers, hosts), ...metrics.answers, 'server.show': details, ...answers };
  const bed = openTuiBed({ columns: 100, rows: 24, answers: given, ...options });
  beds.push(bed);
  await bed.shows(/alpha/);
  await bed.settle();
  return bed;
}

const golden = (name: string): string => join(root, 'test/tui/golden', `${name}.txt`);
const line = (shown: string, word: string): string => shown.split('\n').find((one) => one.startsWith(word)) ?? '';

describe('an overview', () => {
  test.each([60, 80, 120])('has CPU, memory and players with their trends in %i columns', async (columns) => {
    const bed = await open({ columns });
    bed.type('\r');
    await bed.shows(/of its limit/);
    await expect(await bed.settle()).toMatchFileSnapshot(golden(`overview-${columns}`));
  });

  test('is drawn in plain letters where a terminal may have no others', async () => {
    const bed = await open({ env: { TERM: 'linux' } });
    bed.type('\r');
    await bed.shows(/of its limit/);
    expect(line(await bed.settle(), 'cpu')).toMatch(/^cpu +[_.:\-=+*#]{30} 142%, 36% of its limit/);
  });

  test('goes on with what streams in', async () => {
    const bed = await open();
    bed.type('\r');
    await bed.shows(/142%/);
    const later = new Date(bedTime + 5_000).toISOString();
    metrics.tell({
      servers: [{ ...someServerMetrics({ at: later, cpusBusy: 4, memoryBytes: 2 ** 30 }), id: 'id-alpha' }],
    });
    const shown = await bed.shows(/400%, 100% of its limit/);
    expect(line(shown, 'cpu')).toContain('█ 400%');
    expect(line(shown, 'memory')).toContain('1.0G of 16.0G');
  });

  test('does without them where the agent is older, and says what else is wrong', async () => {
    const older = await open({}, { 'server.metrics': () => Promise.reject(new ZedopsError('UNSUPPORTED', 'no')) });
    older.type('\r');
    expect(line(await older.shows(/^cpu/m), 'cpu')).toMatch(/^cpu +142%/);
    const broken = await open({}, { 'server.metrics': () => Promise.reject(new ZedopsError('INTERNAL', 'It broke')) });
    broken.type('\r');
    await broken.shows(/Its last quarter of an hour: It broke/);
  });
});

describe('the fleet', () => {
  test('is shown all the same where metrics cannot be had', async () => {
    const bed = await open(
      { columns: 120 },
      { 'fleet.metrics': () => Promise.reject(new ZedopsError('INTERNAL', 'It broke')) },
    );
    expect(await bed.shows(/CPU and memory are not shown: It broke/)).toMatch(/● live/);
  });

  test('shows what runs, forgets what does not, and sorts by it', async () => {
    const bed = await open({ columns: 120 });
    expect(await bed.settle()).toMatch(/alpha +ready +12 +2h10m +142% +6\.3G/);
    expect(await bed.settle()).toMatch(/charlie +stopped +– +– +– +–/);
    metrics.tell({
      servers: [{ ...someServerMetrics({ cpusBusy: 2, memoryBytes: 15.5 * 2 ** 30 }), id: 'id-bravo' }],
      goneServers: ['id-alpha'],
    });
    await bed.shows(/bravo +ready +3 +2h10m +200% +15\.5G/);
    expect(await bed.settle()).toMatch(/alpha +ready +12 +2h10m +– +–/);
    for (let turn = 0; turn < 4; turn += 1) bed.type('o');
    const shown = await bed.shows(/by cpu/);
    expect(shown.indexOf('bravo ')).toBeLessThan(shown.indexOf('alpha '));
  });

  test('shows load, memory and disk of hosts, and one whose disk does not answer', async () => {
    const bed = await open({ columns: 120 });
    expect(await bed.settle()).toMatch(/box-1 +online .* 3\.42 .* 41\.0G of 64G +87%/);
    const silent = {
      folders: [{ path: '/nfs', use: 'data-root' as const }],
      problem: 'its file system does not answer',
    };
    metrics.tell({ hosts: [{ ...someHostMetrics({ disks: [silent] }), id: 'h1' }] });
    await bed.shows(/41\.0G of 64G +silent/);
    bed.type('H');
    await bed.shows(/disk +its file system does not answer · \/nfs/);
  });

  test('draws nothing for a measurement that changes no cell', async () => {
    const bed = await open({ columns: 120 });
    await bed.settle();
    const before = bed.bytes().length;
    for (let count = 0; count < 5; count += 1) {
      metrics.tell({
        hosts: [{ ...someHostMetrics({ load: [3.4201, 3, 2], cpusBusy: count }), id: 'h1' }],
        servers: [{ ...someServerMetrics({ cpusBusy: 1.4201 + count / 10_000 }), id: 'id-alpha' }],
      });
      await bed.settle();
    }
    expect(bed.bytes().slice(before)).toBe('');
  });
});
