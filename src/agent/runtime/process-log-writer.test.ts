import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { logFile, logNumbers } from './process-log-files.ts';
import { openLogWriter } from './process-log-writer.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-writer-'));
});
afterEach(() => rm(folder, { recursive: true }));

const limits = { maxBytes: 1024 * 1024, files: 3 };
const start = Date.parse('2026-11-21T10:00:00Z');
const written = async (): Promise<string[]> => {
  const texts = await Promise.all(logNumbers(folder).map((number) => readFile(logFile(folder, number), 'utf8')));
  return texts.join('').split('\n').slice(0, -1);
};

test('stamps each line with a time of its own that only grows, whatever the clock does', async () => {
  let now = start;
  const writer = openLogWriter(folder, limits, () => now);
  writer.write(false, Buffer.from('a\nb\n'));
  now -= 60_000;
  writer.write(true, Buffer.from('c\n'));
  now += 61_000;
  writer.write(false, Buffer.from('d\n'));
  writer.close();
  expect(await written()).toEqual([
    '2026-11-21T10:00:00.000000000Z o a',
    '2026-11-21T10:00:00.000000001Z o b',
    '2026-11-21T10:00:00.000000002Z e c',
    '2026-11-21T10:00:01.000000000Z o d',
  ]);
});

test('joins lines that come in pieces, and ends one that never got its end', async () => {
  const writer = openLogWriter(folder, limits, () => start);
  writer.write(false, Buffer.from('one '));
  writer.write(true, Buffer.from('err'));
  writer.write(false, Buffer.from('line\r\nrest'));
  writer.close();
  expect((await written()).map((line) => line.slice(31))).toEqual(['o one line', 'o rest', 'e err']);
});

test('goes on where its last writer stopped: after its times, without the line a power cut tore', async () => {
  const first = openLogWriter(folder, limits, () => start + 5_000);
  first.write(false, Buffer.from('whole\n'));
  first.close();
  await appendFile(logFile(folder, 1), '2026-11-21T10:00:06.0000');
  const second = openLogWriter(folder, limits, () => start);
  second.write(false, Buffer.from('next\n'));
  second.close();
  expect(await written()).toEqual(['2026-11-21T10:00:05.000000000Z o whole', '2026-11-21T10:00:05.000000001Z o next']);
});

test('keeps so many files of such a size', async () => {
  const writer = openLogWriter(folder, { maxBytes: 200, files: 3 }, () => start);
  for (let at = 0; at < 40; at += 1) writer.write(false, Buffer.from(`line ${at}\n`));
  writer.close();
  expect(logNumbers(folder)).toHaveLength(3);
  const lines = await written();
  expect(lines.at(-1)).toMatch(/line 39$/);
  for (const number of logNumbers(folder))
    expect((await readFile(logFile(folder, number))).length).toBeLessThanOrEqual(200);
});
