import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFakeClock } from '../../../platform/fake-clock.ts';
import { silentLog } from '../../../platform/log.ts';
import type { LogBatch } from '../../../protocol/entities/log.ts';
import { openNumbering } from '../numbering.ts';
import type { LogRead, LogSink } from '../server-log.ts';
import { type ArchiveLimits, openLogArchive, usualArchiveLimits } from './archive.ts';
import { fillArchive } from './fill.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-fill-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (limits: ArchiveLimits = usualArchiveLimits) =>
  openLogArchive({ folder: join(folder, 'archive'), limits, clock: createFakeClock(0), log: silentLog });

async function numbered(count: number) {
  const numbering = await openNumbering(join(folder, 'log.json'));
  numbering.take('c1', count, { time: '2026-11-21T18:00:00.000000000Z', nth: 1 });
  return numbering;
}

const batch = (stream: string, first: number, last: number): LogBatch => {
  const lines = Array.from({ length: last - first + 1 }, (_, index) => `2026-11-21T18:00:00.0Z o ${first + index}`);
  return { kind: 'lines', stream, first, count: lines.length, text: lines.join('\n') };
};

test('lines that an agent had numbered and not kept are read back, as far as the engine has them', async () => {
  const numbering = await numbered(20);
  const { stream } = numbering;
  const archive = await open();
  archive.add(batch(stream, 1, 8));
  await archive.flush(8);
  const asked: LogRead[] = [];
  const serverLog = {
    numbering,
    async read(request: LogRead, sink: LogSink) {
      asked.push(request);
      await sink({ kind: 'gap', stream, through: 12, count: 4, reason: 'rotated' });
      await sink(batch(stream, 13, 20));
      return { stream, seq: 20 };
    },
  };
  const { signal } = new AbortController();
  await fillArchive({ archive, serverLog, signal });
  expect(asked).toMatchObject([{ after: { seq: 8 }, through: 20, follow: false }]);
  expect(archive.pieces(stream, 1, 20).map(({ first, last }) => [first, last])).toEqual([
    [1, 8],
    [13, 20],
  ]);
  await fillArchive({ archive, serverLog, signal });
  expect(asked).toHaveLength(1);
});

test('where nothing is kept, nothing is read', async () => {
  const numbering = await numbered(20);
  const serverLog = { numbering, read: () => Promise.reject(new Error('read')) };
  const archive = await open({ ...usualArchiveLimits, bytes: 0 });
  await fillArchive({ archive, serverLog, signal: new AbortController().signal });
});
