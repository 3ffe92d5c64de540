import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { silentLog } from '../../platform/log.ts';
import { daysToFull, watchDisk, watchDisks } from './disk-trend.ts';

const hour = 3_600_000;
const gib = 1024 ** 3;
const falling = (hours: number, perHour: number, noise: (hour: number) => number = () => 0) =>
  Array.from({ length: hours }, (_, index) => ({
    at: index * hour,
    freeBytes: 100 * gib - index * perHour + noise(index),
  }));

describe('days to full', () => {
  test('come from the line through the samples', () => {
    const samples = falling(49, gib / 2);
    expect(daysToFull(samples)).toBeCloseTo(76 / 12, 5);
    expect(daysToFull(falling(49, gib / 2, (at) => (at % 2 === 0 ? gib / 10 : -gib / 10)))).toBeCloseTo(76 / 12, 0);
  });

  test('are not guessed from little, from a disk that empties, or for a far future', () => {
    expect(daysToFull([])).toBeUndefined();
    expect(daysToFull(falling(12, gib))).toBeUndefined();
    expect(daysToFull(falling(49, 0))).toBeUndefined();
    expect(daysToFull(falling(49, -gib))).toBeUndefined();
    expect(daysToFull(falling(49, 1000))).toBeUndefined();
  });
});

describe('the watch', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zedops-disk-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const count = async (): Promise<number> => {
    const parsed: unknown = JSON.parse(await readFile(join(folder, 'disk.json'), 'utf8'));
    return Array.isArray(parsed) ? parsed.length : 0;
  };

  test('takes a sample at once and each hour, keeps a week, and goes on after a restart', async () => {
    const clock = createFakeClock(1_000_000 * hour);
    const file = join(folder, 'disk.json');
    const old = falling(300, 0).map((sample) => ({ ...sample, at: clock.now() - 300 * hour + sample.at }));
    await writeFile(file, JSON.stringify(old));
    const trend = await watchDisk({ file, folder, clock, log: silentLog });
    await eventually('the first sample', async () => (await count()) === 168);
    clock.advance(hour);
    await eventually('the next', async () => (await readFile(file, 'utf8')).includes(String(clock.now())));
    expect(await count()).toBe(168);
    trend.close();
    expect(clock.pending()).toBe(0);
  });

  test('begins anew with a file that is damaged', async () => {
    const clock = createFakeClock(1_000_000 * hour);
    const file = join(folder, 'disk.json');
    await writeFile(file, '{');
    const trend = await watchDisk({ file, folder, clock, log: silentLog });
    await eventually('the first sample', async () => (await count()) === 1);
    expect(trend.daysToFull()).toBeUndefined();
    trend.close();
  });

  test('looks at every data root, each with samples of its own', async () => {
    const clock = createFakeClock(1_000_000 * hour);
    await writeFile(join(folder, 'disk.json'), JSON.stringify(fallingUntil(clock.now())));
    const [first, second] = [folder, join(folder, 'more')];
    await mkdir(second);
    const trends = await watchDisks({ folder, roots: [first, second], clock, log: silentLog });
    await eventually('a sample of each', async () => (await readdir(folder)).filter(isSamples).length === 2);
    expect(trends.daysToFull(first)).toBeGreaterThan(0);
    expect(trends.daysToFull(second)).toBeUndefined();
    trends.close();
    expect(clock.pending()).toBe(0);
  });
});

const isSamples = (name: string): boolean => /^disk(-[0-9a-f]{16})?\.json$/.test(name);

/** Samples of a disk that fills until a quarter of an hour ago, so that no new one spoils the line. */
function fallingUntil(now: number) {
  return falling(49, gib / 2).map((sample) => ({ ...sample, at: now - hour / 4 - 48 * hour + sample.at }));
}
