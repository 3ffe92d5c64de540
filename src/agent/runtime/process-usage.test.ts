import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { createProcessUsage } from './process-usage.ts';

let proc: string;
beforeEach(async () => {
  proc = await mkdtemp(join(tmpdir(), 'zedops-proc-'));
});
afterEach(() => rm(proc, { recursive: true, force: true }));

/** Writes a process as the kernel shows it. Times are in hundredths of a second. */
async function process(
  pid: number,
  group: number,
  ticks: readonly number[],
  status: string,
  state = 'S',
): Promise<void> {
  await mkdir(join(proc, String(pid)), { recursive: true });
  const fields = [state, 1, group, group, 0, -1, 0, 0, 0, 0, 0, ...ticks, 20, 0, 1, 0, 555];
  await writeFile(join(proc, String(pid), 'stat'), `${pid} (a name) with) ${fields.join(' ')}\n`);
  await writeFile(join(proc, String(pid), 'status'), status);
}

test('a game and what it launched are counted together, without mapped files', async () => {
  const clock = createFakeClock(0);
  const usage = createProcessUsage(proc, clock);
  await process(
    10,
    10,
    [100, 50, 25, 25],
    'VmRSS:\t 900 kB\nRssAnon:\t 100 kB\nRssFile:\t 700 kB\nRssShmem:\t 100 kB\n',
  );
  await process(11, 10, [300, 0, 0, 0], 'VmRSS:\t 300 kB\n');
  await process(12, 12, [999, 0, 0, 0], 'VmRSS:\t 999 kB\n');
  await process(13, 10, [999, 0, 0, 0], 'Name: defunct\n', 'Z');
  expect(await usage.read(10)).toEqual({ cpuSeconds: 5, memoryBytes: 500 * 1024 });
});

test('what joins later is found, and what has ended is not known', async () => {
  const clock = createFakeClock(0);
  const usage = createProcessUsage(proc, clock);
  await process(10, 10, [100, 0, 0, 0], 'VmRSS:\t 1 kB\n');
  expect(await usage.read(10)).toEqual({ cpuSeconds: 1, memoryBytes: 1024 });
  await process(11, 10, [100, 0, 0, 0], 'VmRSS:\t 1 kB\n');
  clock.advance(5_000);
  expect(await usage.read(10)).toEqual({ cpuSeconds: 2, memoryBytes: 2048 });
  await rm(join(proc, '10'), { recursive: true });
  await rm(join(proc, '11'), { recursive: true });
  expect(await usage.read(10)).toBeUndefined();
});

test('memory that is not told is absent', async () => {
  await process(10, 10, [100, 0, 0, 0], 'Name: game\n');
  expect(await createProcessUsage(proc, createFakeClock(0)).read(10)).toEqual({ cpuSeconds: 1 });
});
