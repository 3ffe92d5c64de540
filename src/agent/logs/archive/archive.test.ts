import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../../platform/fake-clock.ts';
import type { Log } from '../../../platform/log.ts';
import { type LogBatch, linesOf } from '../../../protocol/entities/log.ts';
import { type LogArchive, openLogArchive } from './archive.ts';
import { readArchive } from './read-archive.ts';

const start = Date.parse('2026-11-21T08:00:00Z');
const stream = 'abc123';

let folder: string;
let clock: FakeClock;
let told: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-archive-'));
  clock = createFakeClock(start);
  told = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const log: Log = {
  debug: () => undefined,
  info: (_, message) => void told.push(message),
  warn: (_, message) => void told.push(message),
  error: (_, message) => void told.push(message),
  with: () => log,
};

function batch(first: number, count: number, of = stream): LogBatch {
  const lines = Array.from(
    { length: count },
    (_, index) => `${new Date(start + (first + index) * 1000).toISOString()} o line ${first + index} – é`,
  );
  return { kind: 'lines', stream: of, first, count, text: lines.join('\n') };
}

function open(limits = { bytes: 1e9, ageMs: 86_400_000 }, segmentBytes = 2_000): Promise<LogArchive> {
  return openLogArchive({ folder, limits, clock, log, segmentBytes });
}

async function all(archive: LogArchive, first: number, last: number): Promise<(number | string)[]> {
  const got: (number | string)[] = [];
  const { signal } = new AbortController();
  const next = await readArchive(archive, {
    stream,
    first,
    last,
    signal,
    give(lines) {
      for (const { seq, text } of linesOf(lines)) {
        expect(text).toBe(`line ${seq} – é`);
        got.push(seq);
      }
      return undefined;
    },
    miss: (from, to) => void got.push(`${from}-${to}`),
  });
  expect(next).toBe(last + 1);
  return got;
}

const numbers = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

async function fill(archive: LogArchive, first: number, last: number): Promise<void> {
  for (let at = first; at <= last; at += 10) {
    archive.add(batch(at, Math.min(10, last - at + 1)));
    await archive.flush(last);
  }
}

describe('an archive', () => {
  test('gives each line once and in order, from packed pieces and the open one, also after a new start', async () => {
    const archive = await open();
    await fill(archive, 1, 205);
    expect((await readdir(folder)).filter((name) => name.endsWith('.zst')).length).toBeGreaterThan(2);
    expect(await all(archive, 1, 205)).toEqual(numbers(1, 205));
    expect(await all(archive, 77, 123)).toEqual(numbers(77, 123));
    const again = await open();
    // A killed agent reads on from its last mark, and numbers the same lines the same.
    again.add(batch(180, 40));
    await again.flush(219);
    expect(await all(again, 1, 219)).toEqual(numbers(1, 219));
    expect(told).toEqual([]);
  });

  test('holds nothing that the numbering does not have on disk', async () => {
    const archive = await open();
    archive.add(batch(1, 10));
    archive.add(batch(11, 10));
    await archive.flush(10);
    expect(await all(archive, 1, 20)).toEqual([...numbers(1, 10), '11-20']);
    await archive.flush(20);
    expect(await all(archive, 1, 20)).toEqual(numbers(1, 20));
  });

  test('an open piece cut short by a kill gives its whole lines, and the rest as missing', async () => {
    const archive = await open();
    await fill(archive, 1, 10);
    const name = (await readdir(folder)).find((file) => file.startsWith('open-')) ?? '';
    await appendFile(join(folder, name), '2026-11-21T09:00:00Z o half a li');
    const again = await open();
    await fill(again, 16, 20);
    expect(await all(again, 1, 20)).toEqual([...numbers(1, 10), '11-15', ...numbers(16, 20)]);
  });

  test('a broken piece costs its own lines alone', async () => {
    const archive = await open();
    await fill(archive, 1, 200);
    const [broken = ''] = (await readdir(folder)).filter((name) => name.endsWith('.zst')).toSorted();
    await writeFile(join(folder, broken), 'not packed at all');
    const got = await all(await open(), 1, 200);
    expect(got[0]).toMatch(/^1-\d+$/);
    expect(got.slice(1)).toEqual(numbers(200 - got.length + 2, 200));
  });

  test('is told of a disk that takes nothing once, and goes on when it does', async () => {
    await rm(folder, { recursive: true });
    await writeFile(folder, 'in the way');
    const archive = await open();
    await fill(archive, 1, 30);
    expect(told).toEqual(['the archive of a log cannot be written; the log itself goes on']);
    await rm(folder);
    await archive.flush(30);
    expect(told.at(-1)).toBe('the archive of a log is written again');
    expect(await all(archive, 1, 30)).toEqual(numbers(1, 30));
  });

  test('keeps no more than it may, the newest, and nothing that is too old', async () => {
    const archive = await open({ bytes: 600, ageMs: 86_400_000 });
    await fill(archive, 1, 400);
    const got = await all(archive, 1, 400);
    expect(got[0]).toMatch(/^1-\d+$/);
    expect(got.at(-1)).toBe(400);
    clock.advance(3 * 86_400_000);
    await archive.prune();
    expect((await readdir(folder)).filter((name) => name.endsWith('.zst'))).toEqual([]);
  });

  test('finds the place of a time', async () => {
    const archive = await open();
    await fill(archive, 1, 200);
    const at = archive.numberAt(stream, start + 150_000) ?? 0;
    expect(at).toBeGreaterThan(1);
    expect(at).toBeLessThanOrEqual(150);
    expect(archive.numberAt(stream, start + 1e9)).toBeUndefined();
  });

  test('of no size keeps nothing', async () => {
    const archive = await open({ bytes: 0, ageMs: 1 });
    await fill(archive, 1, 30);
    expect(await readdir(folder)).toEqual([]);
    expect(await all(archive, 1, 30)).toEqual(['1-30']);
  });
});
