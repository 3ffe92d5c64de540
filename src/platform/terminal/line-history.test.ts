import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { consoleHistoryPath, type LineHistory, openLineHistory } from './line-history.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zedops-history-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A line with the word `canary` in it is a secret here. */
const openHistory = (name: string): Promise<LineHistory> =>
  openLineHistory(consoleHistoryPath(folder, name), (line) => !line.includes('canary'));
const file = (): string => join(folder, 'console-history', 's1.txt');

it('keeps lines over sessions, the last one once, for the owner alone', async () => {
  const first = await openHistory('s1');
  for (const line of ['players', 'players', 'save', '  ']) await first.add(line);
  expect((await openHistory('s1')).lines).toEqual(['players', 'save']);
  expect((await openHistory('s2')).lines).toEqual([]);
  expect((await stat(file())).mode & 0o777).toBe(0o600);
});

it('keeps no line with a secret, not even for this session', async () => {
  const history = await openHistory('s1');
  await history.add('players');
  await history.add('adduser mara "canary"');
  await history.add('changeoption RCONPassword canary');
  expect(history.lines).toEqual(['players']);
  expect(await readFile(file(), 'utf8')).not.toContain('canary');
});

it('keeps the newest thousand, and takes back what others may read', async () => {
  await openHistory('s1');
  await writeFile(file(), Array.from({ length: 1500 }, (_, at) => `line ${at}\n`).join(''), { mode: 0o644 });
  const { lines } = await openHistory('s1');
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([1000, 'line 500', 'line 1499']);
  expect((await readFile(file(), 'utf8')).split('\n').length).toBe(1001);
  expect((await stat(file())).mode & 0o777).toBe(0o600);
});

it('cannot be led out of its folder by a name', async () => {
  const history = await openHistory('../../etc/x');
  await history.add('players');
  expect((await stat(join(folder, 'console-history', '______etc_x.txt'))).isFile()).toBe(true);
});
