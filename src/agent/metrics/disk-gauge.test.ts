import { expect, test } from 'vitest';
import { createFakeClock } from '../../platform/fake-clock.ts';
import { createDiskGauge, type DiskRoom } from './disk-gauge.ts';

const folders =
  (...paths: string[]) =>
  async () =>
    paths.map((path) => ({ path, use: 'data-root' as const }));
const room = (device: number): DiskRoom => ({ device, totalBytes: 100, freeBytes: 40 });

test('folders on one file system share a row, and one that is not there has none', async () => {
  const rooms: Readonly<Record<string, DiskRoom>> = { '/a': room(1), '/b': room(2), '/c': room(1) };
  const measure = createDiskGauge({
    folders: folders('/a', '/b', '/gone', '/c'),
    clock: createFakeClock(0),
    ask: async (path) => rooms[path],
  });
  const rows = await measure();
  expect(rows.map((row) => row.folders.map(({ path }) => path))).toEqual([['/a', '/c'], ['/b']]);
  expect(rows[0]).toMatchObject({ totalBytes: 100, freeBytes: 40 });
});

test('a mount that hangs is told of, is asked once, and keeps no other from being measured', async () => {
  const clock = createFakeClock(0);
  const asked: string[] = [];
  const hanging = new Set(['/nfs', '/nfs-2', '/nfs-3']);
  const freed: (() => void)[] = [];
  const measure = createDiskGauge({
    folders: folders('/nfs', '/a', '/nfs-2', '/nfs-3'),
    clock,
    ask(path) {
      asked.push(path);
      if (!hanging.has(path)) return Promise.resolve(room(1));
      return new Promise((resolve) => freed.push(() => resolve(room(2))));
    },
  });
  /** Lets the deadlines pass, one after the other. */
  const measured = async (): ReturnType<typeof measure> => {
    const measuring = measure();
    let isDone = false;
    const done = measuring.then(() => {
      isDone = true;
    });
    while (!isDone) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await done;
    return measuring;
  };
  const rows = await measured();
  expect(rows.map(({ folders: [first], problem }) => [first?.path, problem !== undefined])).toEqual([
    ['/nfs', true],
    ['/a', false],
    ['/nfs-2', true],
    ['/nfs-3', true],
  ]);
  expect(asked).toEqual(['/nfs', '/a', '/nfs-2']);
  await measured();
  // Nothing is asked while two questions have no answer: each holds one of the threads that read files.
  expect(asked).toEqual(['/nfs', '/a', '/nfs-2']);
  for (const free of freed) free();
  hanging.clear();
  await new Promise((resolve) => setImmediate(resolve));
  const again = await measured();
  expect(again.every(({ problem }) => problem === undefined)).toBe(true);
  expect(clock.pending()).toBe(0);
});

test('this machine says how full its disk is', async () => {
  const [row] = await createDiskGauge({ folders: folders('/'), clock: createFakeClock(0) })();
  expect(row?.totalBytes).toBeGreaterThan(row?.freeBytes ?? Number.POSITIVE_INFINITY);
});
